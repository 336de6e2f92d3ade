// The one place that makes child processes (spawn*): here other processes of this server.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "net/message_channel.h"
#include "server/program.h"

namespace kirsch::server {

// As exec wants them: null at the end, valid as long as the texts.
std::vector<char*> pointers(const std::vector<std::string>& texts);

// The environment variable that tells a process the descriptor of its end of the channel.
inline constexpr const char* inheritance_variable = "KIRSCH_INHERITANCE";

struct ServerChild {
  pid_t pid = 0;
  base::UniqueFd process;  // pidfd: readable once it has ended
  net::MessageChannel channel;
};

// Starts it with the standard streams, the environment and no other descriptor of this process than its end of the
// channel. Threads may run here. Throws base::Refusal.
ServerChild spawn_server(const Program& program);

// False: it still runs after that time.
bool ends_within(const ServerChild& child, std::chrono::milliseconds patience) noexcept;

// How a child ended. Call once for its pidfd; it blocks until that is readable.
struct ChildEnd {
  bool by_signal = false;
  int number = 0;  // the signal or the exit code
  bool core_dumped = false;
  std::string text() const;  // "was ended by signal 11 (Segmentation fault)"
};
ChildEnd await_end(int process) noexcept;
inline ChildEnd await_end(const ServerChild& child) noexcept { return await_end(child.process.get()); }

}  // namespace kirsch::server
