// posix_spawn, because the process that starts another one may have threads: nothing of ours runs between fork and
// exec.
#include "server/spawn.h"

#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "base/diagnostic.h"

namespace kirsch::server {
namespace {

constexpr int channel_in_child = 3;

std::vector<std::string> environment_of_child() {
  const std::string own = std::string(inheritance_variable) + '=';
  std::vector<std::string> result{own + std::to_string(channel_in_child)};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with(own)) result.emplace_back(*entry);
  }
  return result;
}

// 0, or why there is no child.
int spawn(pid_t& child, const Program& program, int channel) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, channel, channel_in_child);
  posix_spawn_file_actions_addclosefrom_np(&actions, channel_in_child + 1);
  // A group of its own: Ctrl-C shall reach it once, by way of who started it.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const auto environment = environment_of_child();
  const int error = ::posix_spawn(&child, program.path.c_str(), &actions, &attributes,
                                  pointers(program.arguments).data(), pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

base::Refusal refusal(const Program& program, int error) {
  return base::Refusal(base::Diagnostic{
      .code = "P002",
      .message = "no server process from " + program.path.string() + ": " + std::generic_category().message(error),
      .exit_code = base::ExitCode::internal});
}

}  // namespace

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

Program Program::serving(const std::filesystem::path& configuration) {
  std::error_code error;
  auto path = std::filesystem::read_symlink("/proc/self/exe", error).string();
  // What the kernel adds when the binary was replaced: the new one stands at that path.
  constexpr std::string_view deleted = " (deleted)";
  if (path.ends_with(deleted)) path.resize(path.size() - deleted.size());
  return {path, {"kirsch", "run", "-c", std::filesystem::absolute(configuration, error).string()}};
}

ServerChild spawn_server(const Program& program) {
  auto [ours, theirs] = net::MessageChannel::pair();
  pid_t pid = 0;
  if (const int error = spawn(pid, program, theirs.descriptor()); error != 0) throw refusal(program, error);
  base::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) throw refusal(program, errno);  // it ends by itself: its channel does
  return {pid, std::move(process), std::move(ours)};
}

bool ends_within(const ServerChild& child, std::chrono::milliseconds patience) noexcept {
  pollfd entry{child.process.get(), POLLIN, 0};
  int result = 0;
  do {
    result = ::poll(&entry, 1, static_cast<int>(patience.count()));
  } while (result < 0 && errno == EINTR);
  return result > 0;
}

ChildEnd await_end(int process) noexcept {
  siginfo_t info{};
  int result = 0;
  do {
    result = ::waitid(P_PIDFD, static_cast<id_t>(process), &info, WEXITED);
  } while (result != 0 && errno == EINTR);
  const bool exited = info.si_code == CLD_EXITED;
  return {!exited, info.si_status, info.si_code == CLD_DUMPED};
}

std::string ChildEnd::text() const {
  if (!by_signal) return "ended with exit code " + std::to_string(number);
  return "was ended by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")" +
         (core_dumped ? ", core dumped" : "");
}

}  // namespace kirsch::server
