// What the child reports stands in memory that both share, so it is there whatever happens next.
#include "trial/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include "base/unique_fd.h"

namespace kirsch::trial {
namespace {

struct Shared {
  enum class Stage : char { running, threw, done };
  Stage stage = Stage::running;
  Verdict verdict = Verdict::ok;
  std::array<char, 512> doing{};
  std::array<char, 4096> reason{};
};

template <std::size_t Size>
void put(std::array<char, Size>& room, std::string_view text) noexcept {
  const std::size_t size = std::min(text.size(), Size - 1);
  std::memcpy(room.data(), text.data(), size);
  room[size] = '\0';
}

Shared* of_child = nullptr;  // that this process is

class SharedProgress final : public Progress {
 public:
  void doing(std::string_view what) noexcept override { put(of_child->doing, what); }
};

[[noreturn]] void end_thrown(const char* what) noexcept {
  put(of_child->reason, what);
  of_child->stage = Shared::Stage::threw;
  ::_exit(0);
}

// Nothing catches across the binary contract.
[[noreturn]] void end_terminated() noexcept {
  try {
    if (std::current_exception()) std::rethrow_exception(std::current_exception());
  } catch (const std::exception& error) {
    end_thrown(error.what());
  } catch (...) {  // whatever a module throws
    end_thrown("something that is no std::exception");
  }
  ::abort();
}

void redirect(const char* output) {
  const int file = ::open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::close(file);
}

[[noreturn]] void run(const Check& check) noexcept {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  redirect("/dev/null");
  std::set_terminate(end_terminated);
  SharedProgress progress;
  const Outcome outcome = check(progress);
  put(of_child->reason, outcome.reason);
  of_child->verdict = outcome.verdict;
  of_child->stage = Shared::Stage::done;
  ::_exit(0);
}

// False: it runs on.
bool wait_for(pid_t process, std::chrono::milliseconds limit, int& status) {
  const base::UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  pollfd entry{handle.get(), POLLIN, 0};
  int ready = 0;
  do ready = ::poll(&entry, 1, static_cast<int>(limit.count()));
  while (ready < 0 && errno == EINTR);
  if (ready <= 0) return false;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
  return true;
}

std::string end_text(int status) {
  if (WIFSIGNALED(status))
    return "signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

Outcome judged(const Shared& said, bool late, int status, std::chrono::milliseconds limit) {
  const std::string reason = said.reason.data(), doing = said.doing.data();
  const std::string during = doing.empty() ? "" : " during " + doing;
  if (late) return failed("did not come back within " + std::to_string(limit.count()) + " ms" + during);
  if (said.stage == Shared::Stage::done) return {said.verdict, reason};
  if (said.stage == Shared::Stage::threw)
    return failed("let an exception escape" + during + ": " + reason +
                  "; no exception may cross the contract: catch it");
  return failed((WIFSIGNALED(status) ? "died of " : "ended the process with ") + end_text(status) + during);
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

Outcome in_child(std::chrono::milliseconds limit, const Check& check) {
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("no memory");
  of_child = new (memory) Shared;
  const pid_t child = ::fork();
  if (child < 0) fail("no process");
  if (child == 0) run(check);
  ::setpgid(child, child);
  int status = 0;
  const bool late = !wait_for(child, limit, status);
  ::kill(-child, SIGKILL);
  if (late) {
    ::kill(child, SIGKILL);
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  }
  auto outcome = judged(*of_child, late, status, limit);
  ::munmap(memory, sizeof(Shared));
  return outcome;
}

Companion::Companion(const std::function<int()>& run, const char* output) : process_(::fork()) {
  if (process_ < 0) fail("no process");
  if (process_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  redirect(output);
  std::set_terminate(nullptr);  // the crash report of a server says more
  ::_exit(run());
}

Companion::~Companion() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, &status_, 0) < 0 && errno == EINTR) continue;
}

bool Companion::ending() const {
  if (process_ < 0) return true;
  std::ifstream file("/proc/" + std::to_string(process_) + "/stat");
  std::string stat;
  std::getline(file, stat);
  // Behind the name, which may hold anything: state, parent, group, session, terminal, its group, flags (proc(5)).
  std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string skipped;
  for (int number = 0; number < 6; ++number) fields >> skipped;
  unsigned flags = 0;
  constexpr unsigned exiting = 0x4;  // PF_EXITING
  return !(fields >> flags) || (flags & exiting) != 0;
}

bool Companion::ends_within(std::chrono::milliseconds patience) noexcept {
  if (process_ > 0 && wait_for(process_, patience, status_)) process_ = -1;
  return process_ < 0;
}

std::string Companion::fault() const {
  if (status_ == 0) return {};
  return (WIFSIGNALED(status_) ? "was ended by " : "ended with ") + end_text(status_);
}

std::optional<int> Companion::exit_code() const {
  return WIFEXITED(status_) ? std::optional(WEXITSTATUS(status_)) : std::nullopt;
}

}  // namespace kirsch::trial
