// Whether this machine has the io_uring that the driver needs.
#pragma once

#include <optional>
#include <string>

namespace kirsch::net {

// Why not, tried with a ring like the driver's and bytes that go through it: kernels, containers and seccomp filters
// refuse in different places. None: it works.
std::optional<std::string> uring_obstacle();

}  // namespace kirsch::net
