// Starts the child, waits for what it says or for its death, and puts that into a sentence.
#include "loader/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "base/unique_fd.h"
#include "loader/link_refusal.h"
#include "loader/probe_child.h"
#include "loader/refusal.h"

namespace kirsch::loader {
namespace {

using Stage = ProbeReport::Stage;
using Clock = std::chrono::steady_clock;

constexpr uid_t overflow_user = 65534;  // nobody, where the user data base does not say

ProbeOrder order_for(const base::UniqueFd& module, const base::UniqueFd& report) {
  ProbeOrder order{module.get(), report.get(), ::geteuid() == 0, overflow_user, overflow_user};
  if (!order.drop) return order;
  if (const struct passwd* nobody = ::getpwnam("nobody"); nobody != nullptr && nobody->pw_uid != 0) {
    order.user = nobody->pw_uid;
    order.group = nobody->pw_gid;
  }
  return order;
}

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

std::optional<base::Diagnostic> judge(const ModuleFile& file, const Outcome& outcome, int module,
                                      std::chrono::milliseconds limit) {
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
      return refuse_link(file, text, "/proc/self/fd/" + std::to_string(module));
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
  const ProbeOrder order = order_for(module, to);
  const pid_t child = ::fork();
  if (child < 0) return impossible("no process");
  if (child == 0) run_probe_child(order);
  ::setpgid(child, child);
  to.reset();
  Outcome outcome;
  follow(from, settings.limit, outcome);
  reap(child, outcome);
  return judge(file, outcome, module.get(), settings.limit);
}

}  // namespace kirsch::loader
