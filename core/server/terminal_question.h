// One question to whoever started the server.
#pragma once

#include <optional>
#include <string>

namespace kirsch::server {

// On the controlling terminal, without showing what is typed. None: there is no terminal, or Ctrl-C or Ctrl-D was
// typed.
std::optional<std::string> ask_terminal(const std::string& question);

}  // namespace kirsch::server
