// A fork for each module, which sheds rights, maps the module, looks at what came of it, and unmaps it.
#include "loader/probe_child.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>

#include "loader/probe.h"

namespace kirsch::loader {
namespace {

using Stage = ProbeReport::Stage;

constexpr std::string_view program = "kirsch-probe";

unsigned request = 0;

void report(Stage stage, const char* text = "", int status = 0) noexcept {
  ProbeReport message;
  message.request = request;
  message.status = status;
  message.stage = stage;
  std::strncpy(message.text.data(), text, message.text.size() - 1);
  while (::write(reports_of_probe, &message, sizeof(message)) < 0 && errno == EINTR) continue;
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

// The probe is no sandbox: the module is loaded for real afterwards. Where a name space forbids the change of user,
// going on without it costs nothing.
bool drop_rights(const ProbeUser& to) {
  const bool dropped = ::setgroups(0, nullptr) == 0 && ::setresgid(to.group, to.group, to.group) == 0 &&
                       ::setresuid(to.user, to.user, to.user) == 0;
  return dropped || errno == EPERM || errno == EINVAL;
}

// A crash is to be seen as what it is, also where a sanitizer or the server handles it.
void reset_signals() {
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void confine(const std::optional<ProbeUser>& user) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (user && !drop_rights(*user)) end(Stage::unready, std::strerror(errno));
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

// The copy as `module_in_probe`, and no way to the requests.
void open_module(const char* copy) {
  const int module = ::open(copy, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (module < 0) end(Stage::unready, std::strerror(errno));
  if (module != module_in_probe && ::dup2(module, module_in_probe) < 0) end(Stage::unready, std::strerror(errno));
  ::close(requests_of_probe);
}

[[noreturn]] void run(const char* copy, const std::optional<ProbeUser>& user) noexcept {
  open_module(copy);
  confine(user);
  std::set_terminate(end_thrown);
  const std::string path = "/proc/self/fd/" + std::to_string(module_in_probe);
  const int before = threads();
  report(Stage::mapping);
  void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) end(Stage::not_linked, ::dlerror());
  if (threads() != before) end(Stage::threads);
  report(Stage::unmapping);
  ::dlclose(module);
  end(Stage::done);
}

// False: nobody will ask for more.
bool next_request(std::array<char, PATH_MAX>& copy) {
  ssize_t size = 0;
  do size = ::read(requests_of_probe, copy.data(), copy.size() - 1);
  while (size < 0 && errno == EINTR);
  if (size <= 0) return false;
  copy[static_cast<std::size_t>(size)] = '\0';
  ++request;
  return true;
}

template <typename Number>
Number number(const char* text) {
  return static_cast<Number>(std::strtoul(text, nullptr, 10));
}

}  // namespace

// This process has one thread, and of modules it maps at most those of earlier phases, which its parent had loaded when
// it forked: it must be there before the parent maps what it is to try. So its forks are as good as programs anew.
void serve_probe(const std::optional<ProbeUser>& user) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  reset_signals();
  std::array<char, PATH_MAX> copy{};
  while (next_request(copy)) {
    const pid_t child = ::fork();
    if (child == 0) run(copy.data(), user);
    if (child < 0) report(Stage::unready, std::strerror(errno));
    int status = 0;
    while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    report(Stage::ended, "", status);
  }
  ::_exit(0);
}

std::vector<std::string> probe_arguments(const std::optional<ProbeUser>& user) {
  if (!user) return {std::string(program)};
  return {std::string(program), std::to_string(user->user), std::to_string(user->group)};
}

void become_probe(int count, char** arguments) noexcept {
  if (count == 0 || arguments[0] != program) return;
  serve_probe(count == 3 ? std::optional(ProbeUser{number<uid_t>(arguments[1]), number<gid_t>(arguments[2])})
                         : std::nullopt);
}

}  // namespace kirsch::loader
