// posix_spawn, so that nothing of ours runs between fork and exec; but a process that is to die with this one must say
// so itself.
#include "server/spawn_child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

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

std::vector<std::string> with_ours(std::vector<std::string> environment) {
  const auto own = environment.size();
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view inherited(*entry);
    const auto name = inherited.substr(0, inherited.find('=') + 1);
    bool replaced = false;
    for (std::size_t index = 0; index < own; ++index) replaced = replaced || environment[index].starts_with(name);
    if (!replaced) environment.emplace_back(inherited);
  }
  return environment;
}

// Only calls that are safe between fork and exec. The parent may have died before it was asked for.
[[noreturn]] void become(const std::vector<char*>& command, const std::vector<char*>& environment, int output,
                         bool errors_too, pid_t parent) noexcept {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  if (errors_too) ::dup2(output, STDERR_FILENO);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);  // also what is ignored here
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvpe(command.front(), command.data(), environment.data());
  ::_exit(127);
}

std::system_error failure(const std::string& what, int error) {
  return std::system_error(error, std::generic_category(), what);
}

}  // namespace

Child::Child(const std::vector<std::string>& command, const ChildOptions& options) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw failure("pipe", errno);
  output_ = base::UniqueFd(ends[0]);
  const base::UniqueFd to(ends[1]);
  const auto environment = with_ours(options.environment);
  const auto words = pointers(command), variables = pointers(environment);
  pid_t child = 0;
  int error = 0;
  if (options.apart) {
    const pid_t self = ::getpid();
    child = ::fork();
    if (child == 0) become(words, variables, to.get(), options.errors_too, self);
    if (child < 0) error = errno;
  } else {
    Attributes attributes;
    ::posix_spawn_file_actions_adddup2(&attributes.actions, to.get(), STDOUT_FILENO);
    if (options.errors_too) ::posix_spawn_file_actions_adddup2(&attributes.actions, to.get(), STDERR_FILENO);
    error = ::posix_spawnp(&child, command.front().c_str(), &attributes.actions, &attributes.attributes, words.data(),
                           variables.data());
  }
  if (error != 0) throw failure("'" + command.front() + "' cannot be started", error);
  process_ = base::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!process_) throw failure("pidfd_open", errno);
}

Child::Child(Child&& other) noexcept = default;

Child::~Child() {
  if (!process_) return;
  signal(SIGKILL);
  wait();
}

bool Child::read(std::string& to) {
  std::array<char, 16 * 1024> buffer;
  ssize_t size = 0;
  do {
    size = ::read(output_.get(), buffer.data(), buffer.size());
  } while (size < 0 && errno == EINTR);
  if (size < 0) throw failure("output of a child", errno);
  to.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0;
}

void Child::signal(int number) const noexcept { ::syscall(SYS_pidfd_send_signal, process_.get(), number, nullptr, 0); }

ChildEnd Child::wait() noexcept {
  const auto end = await_end(process_.get());
  process_.reset();
  return end;
}

}  // namespace kirsch::server
