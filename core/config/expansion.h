// Variables of the environment in values: ${NAME}, ${NAME:-default}, and $${ for a literal ${.
#pragma once

#include <string>
#include <string_view>

#include "config/scalars.h"

namespace kirsch::config {

// The result is never looked at again: neither as YAML nor for further variables. A default holds when the variable is
// not set or empty, as in a shell. Reads the environment, so no other thread may change it meanwhile. Of a `secret` no
// message shows a part.
Parsed<std::string> expanded_text(std::string_view text, bool secret = false);

// What expanded_text makes `text` of.
std::string unexpanded(std::string_view text);

}  // namespace kirsch::config
