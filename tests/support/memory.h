// How much memory the server holds while a body passes through it.
#pragma once

#include "support/client.h"

namespace kirsch::test {

inline constexpr std::uint64_t mebi = 1024 * 1024;

// Memory of a process in bytes, by its name in /proc/PID/status.
inline std::uint64_t memory_of(pid_t pid, std::string_view name) {
  const auto status = contents_of("/proc/" + std::to_string(pid) + "/status");
  return std::stoull(status.substr(status.find(name) + name.size())) * 1024;
}

inline std::uint64_t resident(pid_t pid) { return memory_of(pid, "VmRSS:"); }
inline std::uint64_t most_resident(pid_t pid) { return memory_of(pid, "VmHWM:"); }  // at any time so far

// ASan keeps freed memory for a while, and TSan four bytes for each that was ever looked at; what grows is then no sign
// of a body that is held.
inline const std::uint64_t tolerated_growth = (sanitized() ? 1024 : 8) * mebi;
inline const std::uint64_t large_body = (sanitized() ? 32 : 256) * mebi;  // larger ones would prove nothing more

}  // namespace kirsch::test
