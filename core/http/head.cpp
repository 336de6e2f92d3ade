// Looking up fields of a head and moving it.
#include "http/head.h"

#include <cstring>

#include "base/arena.h"
#include "http/characters.h"

namespace kirsch::http {

bool RequestHead::is_https_uri() const { return equal_ignoring_case(target.substr(0, 6), "https:"); }

const kirsch_field* find_field(std::span<const kirsch_field> fields, FieldName name) {
  for (const kirsch_field& line : fields) {
    if (line.id == static_cast<std::uint16_t>(name)) return &line;
  }
  return nullptr;
}

const kirsch_field* find_field(std::span<const kirsch_field> fields, std::string_view wanted) {
  const FieldName known = field_name(wanted);
  if (known != FieldName::other) return find_field(fields, known);
  for (const kirsch_field& line : fields) {
    if (line.id == 0 && equal_ignoring_case(http::name(line), wanted)) return &line;
  }
  return nullptr;
}

void RequestHead::relocate(const char* from, std::size_t size, const char* to, kirsch_field* storage) {
  // Compared as numbers: a view may point to static text, which has no order with the buffer.
  const auto begin = reinterpret_cast<std::uintptr_t>(from);
  const std::uintptr_t way = reinterpret_cast<std::uintptr_t>(to) - begin;
  const auto move = [&](std::string_view& view) {
    const auto at = reinterpret_cast<std::uintptr_t>(view.data());
    if (at - begin <= size) view = {reinterpret_cast<const char*>(at + way), view.size()};
  };
  move(method_name);
  move(target);
  move(authority);
  move(host);
  move(path);
  move(query);
  move(bytes);
  for (kirsch_field& line : std::span(storage, fields.size())) {
    line.name = reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(line.name) + way);
    line.value = reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(line.value) + way);
  }
  fields = {storage, fields.size()};
}

void RequestHead::keep(base::Arena& arena) {
  const std::string_view old = bytes;
  const std::string_view kept = arena.copy(old);
  auto* storage = arena.array<kirsch_field>(fields.size());
  if (!fields.empty()) std::memcpy(storage, fields.data(), fields.size_bytes());
  relocate(old.data(), old.size(), kept.data(), storage);
}

}  // namespace kirsch::http
