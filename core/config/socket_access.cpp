// Octal digits, and the users and groups of this machine.
#include "config/socket_access.h"

#include <grp.h>
#include <pwd.h>

#include <charconv>

namespace kirsch::config {
namespace {

std::optional<unsigned> whole_number(std::string_view text, int base) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Parsed<unsigned> parsed_mode(std::string_view text) {
  const auto number = text.size() == 3 || text.size() == 4 ? whole_number(text, 8) : std::nullopt;
  if (!number || *number > 0777) return Misfit{"permissions", "write three or four octal digits, as in \"0660\""};
  return *number;
}

// -1 is what chown takes for none.
Parsed<unsigned> parsed_user(const std::string& text) {
  if (const auto number = whole_number(text, 10); number && *number != ~0U) return *number;
  if (const passwd* user = ::getpwnam(text.c_str())) return user->pw_uid;
  return Misfit{"a user of this machine", {}};
}

Parsed<unsigned> parsed_group(const std::string& text) {
  if (const auto number = whole_number(text, 10); number && *number != ~0U) return *number;
  if (const group* found = ::getgrnam(text.c_str())) return found->gr_gid;
  return Misfit{"a group of this machine", {}};
}

}  // namespace kirsch::config
