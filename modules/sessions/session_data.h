// The map of a session as bytes (kirsch/session_value.h), changed in place.
#pragma once

#include <kirsch/session_value.h>

namespace sessions {

class SessionData {
 public:
  std::string_view bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  void clear() { bytes_.clear(); }
  // False, and nothing is changed: they are no map.
  bool assign(std::string_view bytes);

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
  kirsch::SessionValue map() const { return {kirsch::SessionKind::map, bytes_}; }
  std::string bytes_;
};

}  // namespace sessions
