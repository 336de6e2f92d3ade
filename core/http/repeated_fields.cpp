// Keeps the bytes of a block and where its fields stand in it.
#include "http/repeated_fields.h"

#include <algorithm>

namespace kirsch::http {

void RepeatedFields::remember(std::string_view block, std::span<const kirsch_field> fields) {
  const std::size_t most = std::min(fields.size(), lines_.size());
  for (count_ = 0; count_ < most; ++count_) {
    const kirsch_field& field = fields[count_];
    const char* const end = count_ + 1 < fields.size() ? fields[count_ + 1].name : block.data() + block.size();
    if (static_cast<std::size_t>(end - block.data()) > bytes_.size()) break;
    lines_[count_] = {static_cast<std::uint32_t>(field.name - block.data()),
                      static_cast<std::uint32_t>(end - field.name),
                      field.value_size,
                      static_cast<std::uint16_t>(field.value - field.name),
                      field.name_size,
                      field.id};
  }
  block_size_ = count_ == fields.size() ? block.size() : 0;
  std::memcpy(bytes_.data(), block.data(), std::min(block.size(), bytes_.size()));
}

}  // namespace kirsch::http
