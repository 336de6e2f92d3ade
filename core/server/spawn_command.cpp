// Read to its end, or killed.
#include "server/spawn_command.h"

#include <poll.h>
#include <signal.h>

#include <cerrno>
#include <system_error>

#include "base/clock.h"
#include "server/spawn_child.h"

namespace kirsch::server {
namespace {

// What is wrong, or nothing at the end of the output.
std::string collect(Child& child, std::string& text, std::size_t most, base::SteadyTime deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - base::steady_now()).count();
    pollfd wanted{child.output(), POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&wanted, 1, static_cast<int>(left));
    if (ready == 0) return "did not end in time";
    if (ready < 0 && errno == EINTR) continue;
    if (!child.read(text)) return {};
    if (text.size() > most) return "says too much";
  }
}

}  // namespace

CommandOutput output_of(const std::vector<std::string>& command, std::size_t most, std::chrono::milliseconds time) {
  CommandOutput result;
  try {
    Child child(command);
    result.failure = collect(child, result.text, most, base::steady_now() + time);
    if (!result.failure.empty()) return result;
    const auto end = child.wait();
    if (end.by_signal) {
      result.failure = "was ended by signal " + std::to_string(end.number);
    } else if (end.number != 0) {
      result.failure = "ended with exit code " + std::to_string(end.number);
    }
  } catch (const std::system_error& error) {
    result.failure = "cannot be started: " + error.code().message();
  }
  return result;
}

}  // namespace kirsch::server
