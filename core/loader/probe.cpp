// Starts the child, waits for what it says or for its death, and puts that into a sentence.
#include "loader/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "loader/link_refusal.h"
#include "loader/probe_child.h"
#include "loader/refusal.h"

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
  SpawnSettings(int module, int report) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, module, module_in_probe);
    posix_spawn_file_actions_adddup2(&actions_, report, report_of_probe);
    posix_spawn_file_actions_addclosefrom_np(&actions_, report_of_probe + 1);
    // A group of its own, to be killed as one; signals as a program finds them, whatever this one has done to them.
    sigset_t signals;
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
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

struct Outcome {
  ProbeReport last;
  bool late = false;
  int status = 0;  // of waitpid; 0 also if somebody else reaped the child
};

// Reads until the pipe ends, a final report or the limit.
void follow(const base::UniqueFd& pipe, std::chrono::milliseconds limit, Outcome& outcome) {
  const auto deadline = Clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    struct pollfd entry {
      pipe.get(), POLLIN, 0
    };
    const int ready = left > 0 ? ::poll(&entry, 1, static_cast<int>(left)) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      outcome.late = true;
      return;
    }
    ProbeReport message;
    const ssize_t size = ::read(pipe.get(), &message, sizeof(message));
    if (size < 0 && errno == EINTR) continue;
    if (size != static_cast<ssize_t>(sizeof(message))) return;
    message.text.back() = '\0';
    outcome.last = message;
    if (message.stage != Stage::mapping && message.stage != Stage::unmapping) return;
  }
}

// The child is dying, done or stuck: its status is fixed before its end of the pipe closes, so killing loses nothing.
void reap(pid_t child, Outcome& outcome) {
  int status = 0;
  ::kill(-child, SIGKILL);
  ::kill(child, SIGKILL);
  pid_t reaped = 0;
  do reaped = ::waitpid(child, &status, 0);
  while (reaped < 0 && errno == EINTR);
  if (reaped == child) outcome.status = status;
}

std::string death(const Outcome& outcome, const std::string& when) {
  if (outcome.late) return "did not finish while it was " + when;
  if (WIFSIGNALED(outcome.status)) return "crashed while it was " + when + ": " + ::strsignal(WTERMSIG(outcome.status));
  return "ended the process while it was " + when + " (exit code " + std::to_string(WEXITSTATUS(outcome.status)) + ")";
}

std::optional<base::Diagnostic> judge(const ModuleFile& file, const Outcome& outcome, std::chrono::milliseconds limit) {
  const std::string text = outcome.last.text.data();
  const auto misbehaved = [&](const std::string& what) {
    return refused(code::failed_probe, "module '" + file.manifest->name + "' refused: it " + what,
                   provenance(file.path, file.manifest->version, file.manifest->compiler, file.note.build_id) +
                       "; it was loaded for trial in a process of its own, the server is untouched; mend it, or name " +
                       "nothing of it in the configuration");
  };
  const std::string within = outcome.late ? " within " + std::to_string(limit.count()) + " ms" : "";
  switch (outcome.last.stage) {
    case Stage::done:
      return std::nullopt;
    case Stage::mapping:
      return misbehaved(death(outcome, "being loaded") + within);
    case Stage::unmapping:
      return misbehaved(death(outcome, "being unloaded") + within);
    case Stage::threw:
      return misbehaved("threw an exception while it was being loaded: " + text);
    case Stage::threads:
      return misbehaved("started a thread while it was being loaded; threads belong into start or init");
    case Stage::not_linked:
      return refuse_link(file, text, "/proc/self/fd/" + std::to_string(module_in_probe));
    case Stage::unready:
      return misbehaved("could not be tried: " + text);
    case Stage::none:
      return misbehaved("could not be tried: the child process died before it began");
  }
  return std::nullopt;
}

}  // namespace

std::optional<base::Diagnostic> probe(const ModuleFile& file, const std::filesystem::path& copy,
                                      const ProbeSettings& settings) {
  const auto impossible = [&](const char* what) {
    return refused(code::failed_probe,
                   "module '" + file.manifest->name + "' cannot be tried: " + what + ": " + system_text(errno));
  };
  const base::UniqueFd module(::open(copy.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!module) return impossible("its copy cannot be opened");
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return impossible("no pipe");
  const base::UniqueFd from(ends[0]);
  base::UniqueFd to(ends[1]);
  // The numbers that they get in the child must not be those of what is to be moved there.
  const base::UniqueFd high_module(::fcntl(module.get(), F_DUPFD_CLOEXEC, report_of_probe + 1));
  base::UniqueFd high_report(::fcntl(to.get(), F_DUPFD_CLOEXEC, report_of_probe + 1));
  to.reset();
  if (!high_module || !high_report) return impossible("no descriptor");
  pid_t child = 0;
  errno = SpawnSettings(high_module.get(), high_report.get()).spawn(child, probe_arguments(user_without_rights()));
  if (errno != 0) return impossible("no process");
  high_report.reset();
  Outcome outcome;
  follow(from, settings.limit, outcome);
  reap(child, outcome);
  return judge(file, outcome, settings.limit);
}

}  // namespace kirsch::loader
