// One thread collects the output, another waits for the end; the test waits on a condition.
#include "support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <system_error>

namespace kirsch::test {
namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

// A file with the input, at its beginning.
int input_file(const std::string& input) {
  const int file = ::memfd_create("input", MFD_CLOEXEC);
  if (file < 0) fail(errno, "memfd_create");
  std::size_t sent = 0;
  while (sent < input.size()) {
    const auto count = ::write(file, input.data() + sent, input.size() - sent);
    if (count < 0) fail(errno, "write");
    sent += static_cast<std::size_t>(count);
  }
  ::lseek(file, 0, SEEK_SET);
  return file;
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& extra) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    if (extra.count(text.substr(0, text.find('='))) == 0) merged.push_back(text);
  }
  for (const auto& [name, value] : extra) merged.push_back(name + "=" + value);
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> made;
  for (auto& text : texts) made.push_back(text.data());
  made.push_back(nullptr);
  return made;
}

// Starts the program with these three descriptors, no signal blocked and all at their default.
pid_t spawn(std::vector<std::string> arguments, const ProcessOptions& options, int in, int out, int errors) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, 1);
  ::posix_spawn_file_actions_adddup2(&actions, errors, 2);
  if (!options.folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, options.folder.c_str());
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  auto environment = merged_environment(options.environment);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, arguments.front().c_str(), &actions, &attributes, pointers(arguments).data(),
                                   pointers(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail(error, arguments.front());
  return pid;
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  std::array<int, 2> out{};
  std::array<int, 2> errors{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(errors.data(), O_CLOEXEC) != 0) fail(errno, "pipe2");
  const int in = input_file(options.input);
  const auto close_ends = [&] {
    for (const int end : {in, out[1], errors[1]}) ::close(end);
  };
  try {
    pid_ = spawn(arguments, options, in, out[1], errors[1]);
  } catch (...) {
    close_ends();
    ::close(out[0]);
    ::close(errors[0]);
    throw;
  }
  close_ends();
  ::fcntl(out[0], F_SETFL, O_NONBLOCK);
  ::fcntl(errors[0], F_SETFL, O_NONBLOCK);
  ended_ = ::eventfd(0, EFD_CLOEXEC);
  collector_ = std::thread([this, out, errors] { collect(out[0], errors[0]); });
  reaper_ = std::thread([this] { reap(); });
}

Process::~Process() {
  signal(SIGKILL);
  reaper_.join();
  collector_.join();
  ::close(ended_);
}

Process::Output Process::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

void Process::signal(int number) {
  const std::lock_guard lock(mutex_);
  if (!reaped_) ::kill(pid_, number);
}

bool Process::wait_for(const std::function<bool(const Output&)>& enough, Milliseconds deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return output_.ended || enough(output_); });
  return enough(output_);
}

int Process::wait(Milliseconds deadline) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, deadline, [&] { return output_.ended && status_.has_value(); })) {
    throw std::runtime_error("the process did not end; its output:\n" + output_.all);
  }
  return WIFEXITED(*status_) ? WEXITSTATUS(*status_) : 128 + WTERMSIG(*status_);
}

// The process stays a zombie until the lock is held, so `signal` can never hit a stranger that got the same number.
void Process::reap() {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  {
    const std::lock_guard lock(mutex_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    status_ = status;
    reaped_ = true;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(ended_, &one, sizeof one);
}

// Ends with the process, not with the pipes: a grandchild may hold those for longer.
void Process::collect(int out, int errors) {
  std::array<pollfd, 3> waited{pollfd{out, POLLIN, 0}, pollfd{errors, POLLIN, 0}, pollfd{ended_, POLLIN, 0}};
  const auto drain = [this](pollfd& pipe, std::string Output::*part) {
    std::array<char, 65536> bytes;
    for (;;) {
      const auto count = ::read(pipe.fd, bytes.data(), bytes.size());
      if (count == 0) pipe.fd = -1;
      if (count <= 0) return;
      const std::lock_guard lock(mutex_);
      const std::string_view piece(bytes.data(), static_cast<std::size_t>(count));
      output_.*part += piece;
      output_.all += piece;
      changed_.notify_all();
    }
  };
  bool running = true;
  while (running) {
    ::poll(waited.data(), waited.size(), -1);
    running = (waited[2].revents & POLLIN) == 0;
    drain(waited[0], &Output::out);
    drain(waited[1], &Output::errors);
  }
  for (const int descriptor : {out, errors}) ::close(descriptor);
  const std::lock_guard lock(mutex_);
  output_.ended = true;
  changed_.notify_all();
}

}  // namespace kirsch::test
