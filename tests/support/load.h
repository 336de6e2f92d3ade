// A client that keeps many connections busy, for measuring what requests cost.
#pragma once

#include <cstddef>

#include "support/server.h"

namespace kirsch::test {

// Sends GET / on each of `connections` connections to the server's first listener, and again as soon as the answer is
// there, `requests` times in all. Throws std::runtime_error if an answer differs from the first one in status or size,
// or does not come.
void keep_busy(const Server& server, std::size_t connections, std::size_t requests);

}  // namespace kirsch::test
