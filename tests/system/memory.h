// How much memory the server holds while a body passes through it.
#pragma once

#include "support/client.h"

namespace kirsch::test {

inline constexpr std::uint64_t mebi = 1024 * 1024;

// Resident memory of a process in bytes.
inline std::uint64_t resident(pid_t pid) {
  const auto status = contents_of("/proc/" + std::to_string(pid) + "/status");
  const auto at = status.find("VmRSS:");
  return std::stoull(status.substr(at + 6)) * 1024;
}

// The sanitizers keep freed memory for a while; what grows is then no sign of a body that is held.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::uint64_t tolerated_growth = 512 * mebi;
#else
inline constexpr std::uint64_t tolerated_growth = 8 * mebi;
#endif

}  // namespace kirsch::test
