// The C library knows the short names; numbers of real-time signals are its own to give.
#include "signal_names.h"

#include <charconv>
#include <csignal>
#include <cstring>

namespace signals {
namespace {

std::optional<int> distance(std::string_view text, char sign) {
  if (text.empty()) return 0;
  if (text.front() != sign) return std::nullopt;
  text.remove_prefix(1);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && text.front() != '-';
  return whole ? std::optional(number) : std::nullopt;
}

std::optional<int> real_time(std::string_view name) {
  const bool from_least = name.starts_with("RTMIN");
  if (!from_least && !name.starts_with("RTMAX")) return std::nullopt;
  const auto steps = distance(name.substr(5), from_least ? '+' : '-');
  if (!steps || *steps > SIGRTMAX - SIGRTMIN) return std::nullopt;
  return from_least ? SIGRTMIN + *steps : SIGRTMAX - *steps;
}

}  // namespace

std::optional<int> number_of(std::string_view name) {
  if (!name.starts_with("SIG")) return std::nullopt;
  name.remove_prefix(3);
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* known = ::sigabbrev_np(number);
    if (known != nullptr && name == known) return number;
  }
  return real_time(name);
}

std::string reserved(int number) {
  switch (number) {
    case SIGKILL:
    case SIGSTOP:
      return "the kernel gives it to no process";
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGABRT:
    case SIGTRAP:
    case SIGSYS:
      return "it tells of a fault of the program, which cannot go on";
    case SIGPIPE:
    case SIGXFSZ:
      return "the server ignores it: writing fails with an error instead";
    case SIGCHLD:
      return "it belongs to whoever started the process that ended";
    default:
      return {};
  }
}

}  // namespace signals
