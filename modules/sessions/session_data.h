// The map of a session as bytes (kirsch/session_value.h), changed in place; it lies in the record that a storage has
// given and gets back, behind a head that others write.
#pragma once

#include <kirsch/session_value.h>

namespace sessions {

class SessionData {
 public:
  static constexpr std::size_t head = 9;

  std::string_view bytes() const { return std::string_view(record_).substr(head); }
  bool empty() const { return record_.size() == head; }
  void clear() { record_.resize(head); }
  // Takes a record over. False, and nothing is changed: what stands behind its head is no map.
  bool take(std::string& record);
  // `begin` is what the head is to be.
  const std::string& record(const char (&begin)[head]) {
    std::memcpy(record_.data(), begin, head);
    return record_;
  }

  // False: they are no value of that kind.
  static bool sound(kirsch::SessionKind kind, std::string_view value);
  std::optional<kirsch::SessionValue> find(std::string_view name) const { return map().find(name); }
  // What it takes once that is set.
  std::size_t size_with(std::string_view name, std::string_view value) const;
  void set(kirsch::SessionKind kind, std::string_view name,
           std::string_view value);  // sound ones; at most 64 KiB - 1 of name
  bool erase(std::string_view name);
  void erase_tokens();

 private:
  kirsch::SessionValue map() const { return {kirsch::SessionKind::map, bytes()}; }
  std::size_t place_of(std::string_view part) const { return static_cast<std::size_t>(part.data() - record_.data()); }

  std::string record_ = std::string(head, '\0');
};

}  // namespace sessions
