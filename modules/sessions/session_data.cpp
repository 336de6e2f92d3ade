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

bool SessionData::take(std::string& record) {
  if (record.size() < head || !sound(SessionKind::map, std::string_view(record).substr(head))) return false;
  record_.swap(record);
  return true;
}

std::size_t SessionData::size_with(std::string_view name, std::string_view value) const {
  constexpr auto entry_head = kirsch::detail::session_entry_head;
  const auto before = find(name);
  const std::size_t gone = before ? entry_head + name.size() + before->raw().size() : 0;
  return bytes().size() - gone + entry_head + name.size() + value.size();
}

void SessionData::set(SessionKind kind, std::string_view name, std::string_view value) {
  const auto known = find(name);
  if (known && known->kind() == kind && known->raw().size() == value.size()) {
    if (!value.empty()) std::memmove(record_.data() + place_of(known->raw()), value.data(), value.size());
    return;
  }
  std::string entry;
  kirsch::detail::append_entry(entry, kind, name, value);  // before the old one goes: value may be a view of it
  erase(name);
  record_ += entry;
}

bool SessionData::erase(std::string_view name) {
  for (auto entry = map().begin(); entry != SessionValue::Iterator(); ++entry) {
    if ((*entry).name != name) continue;
    record_.erase(place_of(entry.rest()), SessionValue::Iterator::size(entry.rest()));
    return true;
  }
  return false;
}

void SessionData::erase_tokens() {
  std::string kept(head, '\0');
  for (const auto& [name, value] : map()) {
    if (value.kind() != SessionKind::token) kirsch::detail::append_entry(kept, value.kind(), name, value.raw());
  }
  record_ = std::move(kept);
}

}  // namespace sessions
