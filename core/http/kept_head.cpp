// One piece of memory for each: what refers to it, fields and bytes.
#include "http/kept_head.h"

#include <algorithm>
#include <new>

namespace kirsch::http {

void KeptHead::keep(const RequestHead& head, std::uint64_t number) {
  const std::size_t size = sizeof(Held) + head.fields.size_bytes() + head.bytes.size();
  if (held_ == nullptr || held_->references != 1 || held_->room < size) {
    reset();
    const std::size_t room = std::max(size, base::page_size);
    held_ = new (base::take_memory(room)) Held{.head = {}, .room = room, .number = 0, .references = 1};
  }
  held_->head = head;
  held_->number = number;
  auto* const fields = reinterpret_cast<kirsch_field*>(held_ + 1);
  char* const bytes = reinterpret_cast<char*>(fields + head.fields.size());
  std::memcpy(bytes, head.bytes.data(), head.bytes.size());
  held_->head.relocate(head.bytes.data(), head.bytes.size(), bytes, fields);
}

void KeptHead::destroy() noexcept { base::give_memory(held_, held_->room); }

}  // namespace kirsch::http
