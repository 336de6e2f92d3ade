// Sessions are small, so looking for a name is going through the entries.
#include "session_data.h"

namespace sessions {

using kirsch::SessionKind;
using kirsch::SessionValue;

namespace {

constexpr int deepest = 32;  // lists in lists

bool is_sound(SessionKind kind, std::string_view value, int depth) {
  switch (kind) {
    case SessionKind::boolean:
      return value.size() == 1;
    case SessionKind::integer:
    case SessionKind::number:
      return value.size() == 8;
    case SessionKind::string:
    case SessionKind::bytes:
    case SessionKind::token:
      return true;
    case SessionKind::list:
    case SessionKind::map:
      break;
    default:
      return false;
  }
  if (depth == deepest) return false;
  std::size_t whole = 0;
  for (auto entry = SessionValue(kind, value).begin(); entry != SessionValue::Iterator(); ++entry) {
    whole += SessionValue::Iterator::size(entry.rest());
    const auto [name, item] = *entry;
    if (!is_sound(item.kind(), item.raw(), depth + 1) || (kind == SessionKind::list && !name.empty())) return false;
  }
  return whole == value.size();
}

}  // namespace

bool SessionData::sound(SessionKind kind, std::string_view value) { return is_sound(kind, value, 0); }

bool SessionData::assign(std::string_view bytes) {
  if (!sound(SessionKind::map, bytes)) return false;
  bytes_ = bytes;
  return true;
}

std::size_t SessionData::size_with(std::string_view name, std::string_view value) const {
  constexpr auto head = kirsch::detail::session_entry_head;
  const auto before = find(name);
  const std::size_t gone = before ? head + name.size() + before->raw().size() : 0;
  return bytes_.size() - gone + head + name.size() + value.size();
}

void SessionData::set(SessionKind kind, std::string_view name, std::string_view value) {
  std::string entry;
  kirsch::detail::append_entry(entry, kind, name, value);  // before the old one goes: value may be a view of it
  erase(name);
  bytes_ += entry;
}

bool SessionData::erase(std::string_view name) {
  for (auto entry = map().begin(); entry != SessionValue::Iterator(); ++entry) {
    if ((*entry).name != name) continue;
    bytes_.erase(bytes_.size() - entry.rest().size(), SessionValue::Iterator::size(entry.rest()));
    return true;
  }
  return false;
}

void SessionData::erase_tokens() {
  std::string kept;
  for (const auto& [name, value] : map()) {
    if (value.kind() != SessionKind::token) kirsch::detail::append_entry(kept, value.kind(), name, value.raw());
  }
  bytes_ = std::move(kept);
}

}  // namespace sessions
