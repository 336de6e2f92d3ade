// Who may connect to a unix socket: the spellings of a listener's mode, owner and group.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/scalars.h"

namespace kirsch::config {

struct SocketAccess {
  unsigned mode = 0660;
  std::optional<unsigned> owner, group;  // numbers; none: those of the process
};

// "0660" and "660".
Parsed<unsigned> parsed_mode(std::string_view text);
// A name that this machine knows, or a number.
Parsed<unsigned> parsed_user(const std::string& text);
Parsed<unsigned> parsed_group(const std::string& text);

}  // namespace kirsch::config
