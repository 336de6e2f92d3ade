// posix_spawn: the child takes none of the server's signal mask along.
#include "server/spawn_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/clock.h"
#include "base/unique_fd.h"

extern char** environ;

namespace kirsch::server {
namespace {

struct Attributes {
  Attributes() {
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  ~Attributes() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
};

std::string system_text(int error) { return std::generic_category().message(error); }

// What is wrong, or nothing at the end of the output.
std::string collect(int from, std::string& text, std::size_t most, base::SteadyTime deadline) {
  std::array<char, 4096> buffer;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - base::steady_now()).count();
    pollfd wanted{from, POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&wanted, 1, static_cast<int>(left));
    if (ready == 0) return "did not end in time";
    if (ready < 0 && errno == EINTR) continue;
    const ssize_t size = ::read(from, buffer.data(), buffer.size());
    if (size == 0) return {};
    if (size < 0) return "cannot be read: " + system_text(errno);
    text.append(buffer.data(), static_cast<std::size_t>(size));
    if (text.size() > most) return "says too much";
  }
}

}  // namespace

CommandOutput output_of(const std::vector<std::string>& command, std::size_t most, std::chrono::milliseconds time) {
  CommandOutput result;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {{}, "cannot be started: " + system_text(errno)};
  const base::UniqueFd from(ends[0]);
  base::UniqueFd to(ends[1]);
  Attributes attributes;
  ::posix_spawn_file_actions_adddup2(&attributes.actions, to.get(), STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const auto& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, arguments.front(), &attributes.actions, &attributes.attributes, arguments.data(), environ);
  if (error != 0) return {{}, "cannot be started: " + system_text(error)};
  to.reset();
  result.failure = collect(from.get(), result.text, most, base::steady_now() + time);
  if (!result.failure.empty()) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!result.failure.empty()) return result;
  if (WIFSIGNALED(status)) result.failure = "was ended by signal " + std::to_string(WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
    result.failure = "ended with exit code " + std::to_string(WEXITSTATUS(status));
  return result;
}

}  // namespace kirsch::server
