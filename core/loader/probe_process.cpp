// Requests and reports go through pipes; a process that is stuck is killed with its whole group.
#include "loader/probe_process.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/single_threaded.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace kirsch::loader {
namespace {

using Stage = ProbeReport::Stage;
using Clock = std::chrono::steady_clock;

constexpr uid_t overflow_user = 65534;  // nobody, where the user data base does not say

// Who the child is to become. None: whoever it is.
std::optional<ProbeUser> user_without_rights() {
  if (::geteuid() != 0) return std::nullopt;
  const struct passwd* nobody = ::getpwnam("nobody");
  if (nobody == nullptr || nobody->pw_uid == 0) return ProbeUser{overflow_user, overflow_user};
  return ProbeUser{nobody->pw_uid, nobody->pw_gid};
}

class SpawnSettings {
 public:
  SpawnSettings(int requests, int reports) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, requests, requests_of_probe);
    posix_spawn_file_actions_adddup2(&actions_, reports, reports_of_probe);
    posix_spawn_file_actions_addclosefrom_np(&actions_, reports_of_probe + 1);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP);  // to be killed as one
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  // 0, or why there is no child.
  int spawn(pid_t& child, const std::vector<std::string>& arguments) const {
    std::vector<char*> pointers;
    for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    return ::posix_spawn(&child, "/proc/self/exe", &actions_, &attributes_, pointers.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

std::pair<base::UniqueFd, base::UniqueFd> pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("no pipe");
  return {base::UniqueFd(ends[0]), base::UniqueFd(ends[1])};
}

// The numbers in the child must not be those of what is to be moved there.
base::UniqueFd high(const base::UniqueFd& descriptor) {
  base::UniqueFd copy(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, reports_of_probe + 1));
  if (!copy) fail("no descriptor");
  return copy;
}

// This process without what it has open.
[[noreturn]] void serve_forked(int requests, int reports, const std::optional<ProbeUser>& user) {
  ::setpgid(0, 0);
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  ::dup2(requests, requests_of_probe);
  ::dup2(reports, reports_of_probe);
  ::closefrom(reports_of_probe + 1);
  serve_probe(user);
}

// A fork where there is no other thread, which is much cheaper; else the program anew. -1: errno says why not.
pid_t start(int requests, int reports) {
  const auto user = user_without_rights();
  pid_t child = -1;
  if (__libc_single_threaded) {
    child = ::fork();
    if (child == 0) serve_forked(requests, reports, user);
  } else {
    errno = SpawnSettings(requests, reports).spawn(child, probe_arguments(user));
    if (errno != 0) return -1;
  }
  return child;
}

}  // namespace

ProbeProcess::ProbeProcess() {
  std::tie(requests_in_, requests_) = pipe();
  auto [reports, reports_in] = pipe();
  reports_ = std::move(reports);
  const base::UniqueFd high_requests = high(requests_in_), high_reports = high(reports_in);
  process_ = start(high_requests.get(), high_reports.get());
  if (process_ < 0) fail("no process");
}

ProbeProcess::~ProbeProcess() { end(); }

int ProbeProcess::end() noexcept {
  int status = 0;
  const pid_t process = std::exchange(process_, -1);
  if (process < 0) return status;
  ::kill(-process, SIGKILL);
  ::kill(process, SIGKILL);
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

ProbeProcess::Outcome ProbeProcess::run(const std::filesystem::path& copy, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  const auto& path = copy.native();
  while (::write(requests_.get(), path.data(), path.size()) < 0 && errno == EINTR) continue;
  ++request_;
  Outcome outcome;
  ProbeReport report;
  while (receive(report, deadline)) {
    if (report.request != request_) continue;
    if (report.stage == Stage::ended) {
      outcome.status = report.status;
      return outcome;
    }
    outcome.last = report;
  }
  outcome.late = Clock::now() >= deadline;
  outcome.status = end();
  return outcome;
}

bool ProbeProcess::receive(ProbeReport& report, Clock::time_point deadline) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry{reports_.get(), POLLIN, 0};
    const int ready = left > 0 ? ::poll(&entry, 1, static_cast<int>(left)) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t size = ::read(reports_.get(), &report, sizeof(report));
    if (size < 0 && errno == EINTR) continue;
    if (size != static_cast<ssize_t>(sizeof(report))) return false;
    report.text.back() = '\0';
    return true;
  }
}

}  // namespace kirsch::loader
