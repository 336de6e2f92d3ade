// Sheds rights, maps the module, looks at what came of it, unmaps it.
#include "loader/probe_child.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

namespace kirsch::loader {
namespace {

using Stage = ProbeReport::Stage;

// The terminate handler has no argument to take it from.
int report_descriptor = -1;

void report(Stage stage, const char* text = "") noexcept {
  ProbeReport message;
  message.stage = stage;
  std::strncpy(message.text.data(), text, message.text.size() - 1);
  while (::write(report_descriptor, &message, sizeof(message)) < 0 && errno == EINTR) continue;
}

[[noreturn]] void end(Stage stage, const char* text = "") noexcept {
  report(stage, text);
  ::_exit(0);
}

// A throw out of a constructor finds no handler across the dynamic linker, or this one.
[[noreturn]] void end_thrown() noexcept {
  try {
    if (std::current_exception()) std::rethrow_exception(std::current_exception());
  } catch (const std::exception& error) {
    end(Stage::threw, error.what());
  } catch (...) {  // whatever a module throws
    end(Stage::threw, "something that is no std::exception");
  }
  end(Stage::threw, "it called std::terminate");
}

// Everything but the standard streams and what we need.
void close_others(int first, int second) {
  const unsigned low = static_cast<unsigned>(std::min(first, second));
  const unsigned high = static_cast<unsigned>(std::max(first, second));
  if (low > 3) ::close_range(3, low - 1, 0);
  if (high > low + 1) ::close_range(low + 1, high - 1, 0);
  ::close_range(high + 1, ~0U, 0);
}

// The server's own handlers would report a crash that is none of the server.
void reset_signals() {
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The probe is no sandbox: the module is loaded for real afterwards. Where a name space forbids the change of user,
// going on without it costs nothing.
bool drop_rights(const ProbeOrder& order) {
  const bool dropped = ::setgroups(0, nullptr) == 0 && ::setresgid(order.group, order.group, order.group) == 0 &&
                       ::setresuid(order.user, order.user, order.user) == 0;
  return dropped || errno == EPERM || errno == EINVAL;
}

void confine(const ProbeOrder& order) {
  ::setpgid(0, 0);
  reset_signals();
  const int nothing = ::open("/dev/null", O_RDWR);
  if (nothing < 0) end(Stage::unready, "/dev/null cannot be opened");
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  close_others(order.module, order.report);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (order.drop && !drop_rights(order)) end(Stage::unready, std::strerror(errno));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) end(Stage::unready, std::strerror(errno));
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

int threads() {
  DIR* tasks = ::opendir("/proc/self/task");
  if (tasks == nullptr) end(Stage::unready, "/proc/self/task cannot be read");
  int count = 0;
  while (const dirent* entry = ::readdir(tasks)) count += entry->d_name[0] != '.';
  ::closedir(tasks);
  return count;
}

}  // namespace

void run_probe_child(const ProbeOrder& order) noexcept {
  report_descriptor = order.report;
  confine(order);
  std::set_terminate(end_thrown);
  // By descriptor: without rights, the path is closed to us.
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", order.module);
  const int before = threads();
  report(Stage::mapping);
  void* module = ::dlopen(path.data(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) end(Stage::not_linked, ::dlerror());
  if (threads() != before) end(Stage::threads);
  report(Stage::unmapping);
  ::dlclose(module);
  end(Stage::done);
}

}  // namespace kirsch::loader
