// Whether servers have io_uring on this machine.
#pragma once

#include <optional>
#include <stdexcept>

#include "support/server.h"

namespace kirsch::test {

// Why not, in the words of one that must have it. None: they have it.
inline std::optional<std::string> uring_obstacle() {
  try {
    const Server server(loopback("server: { driver: uring }\npaths: { /: { handler: { respond: { body: a } } } }\n"));
    return std::nullopt;
  } catch (const std::runtime_error& error) {
    std::string output = error.what();
    if (output.find("[C079]") == std::string::npos) throw;
    return output;
  }
}

}  // namespace kirsch::test
