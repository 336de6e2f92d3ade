// Lets the server go on in the background while the process that was started waits until it serves.
#include <fcntl.h>
#include <kirsch/module.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <system_error>
#include <thread>

#include "launcher.h"
#include "standard_streams.h"
#include "surroundings.h"

namespace {

struct Daemonizer {
  kirsch::Path in, out, error, directory;
  std::string mask;
  bool wait = true;

  static constexpr auto options =
      kirsch::options(kirsch::opt<&Daemonizer::in>("stdin", "/dev/null", "what standard input reads"),
                      kirsch::opt<&Daemonizer::out>("stdout", "/dev/null", "where standard output is appended"),
                      kirsch::opt<&Daemonizer::error>("stderr", "/dev/null", "where standard error is appended"),
                      kirsch::opt<&Daemonizer::directory>("chdir", "/", "the working directory"),
                      kirsch::opt<&Daemonizer::mask>("umask", "\"027\"", "rights that new files never have, octal"),
                      kirsch::opt<&Daemonizer::wait>("wait", "true", "until the server serves, or has failed"));

  void prepare() {
    const bool octal = mask.size() >= 3 && mask.size() <= 4 &&
                       mask.find_first_not_of("01234567") == std::string::npos && (mask.size() == 3 || mask[0] == '0');
    if (!octal) throw kirsch::OptionError("umask", "'" + mask + "' is no umask: three octal digits, such as \"027\"");
  }

  void start() {
    // A successor takes the place of a daemon, so it is one.
    if (forked_ || kirsch::Process::predecessor() != 0) return;
    refuse();
    streams_.open(in.text, out.text, error.text);
    if (::chdir(directory.text.c_str()) != 0)
      throw kirsch::OptionError("chdir", "cannot change to " + directory.text + ": " + std::strerror(errno));
    forked_ = true;
    fork_twice();
  }

 private:
  static void refuse() {
    if (std::getenv("NOTIFY_SOCKET") != nullptr) {
      throw std::runtime_error(
          "systemd follows the process that it started (NOTIFY_SOCKET is set), so the server must not fork: take the "
          "daemonizer out of the configuration, or start with --foreground");
    }
    const auto threads = daemonizer::other_threads();
    if (threads.empty()) return;
    std::string names;
    for (const auto& name : threads) names += (names.empty() ? "" : ", ") + name;
    throw std::runtime_error("a fork would lose the threads that already run: " + names);
  }

  // Returns in the daemon alone.
  void fork_twice() {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    const auto begun = std::chrono::steady_clock::now();
    if (wait) daemonizer::Launcher::adopt_orphans();
    const pid_t first = fork_once(pipe);
    if (first != 0) {
      ::close(pipe[1]);
      launched(pipe[0], begun);
    }
    ::close(pipe[0]);
    ::setsid();
    // Whoever leads a session gets a terminal by opening one; its child does not.
    reporter_.emplace(pipe[1]);
    const pid_t between = ::getpid();
    const pid_t second = ::fork();
    if (second < 0) {
      reporter_->introduce();
      reporter_->send(false, 1, std::string("daemonizer: cannot fork: ") + std::strerror(errno));
      ::_exit(1);
    }
    if (second > 0) ::_exit(0);
    await_end_of(between);
    settle();
  }

  // Until then it shares the locks of the daemon, whose failure could leave behind what is locked.
  static void await_end_of(pid_t parent) {
    constexpr int most = 1000;
    for (int tries = 0; ::getppid() == parent && tries < most; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  static pid_t fork_once(const int (&pipe)[2]) {
    const pid_t child = ::fork();
    if (child >= 0) return child;
    const int error_number = errno;
    for (const int end : pipe) ::close(end);
    throw std::system_error(error_number, std::generic_category(), "cannot fork");
  }

  // Nothing of the server may be undone here: it all belongs to the daemon.
  [[noreturn]] void launched(int reports, std::chrono::steady_clock::time_point begun) const {
    if (!wait) ::_exit(0);
    int code = 1;
    try {
      ::fcntl(reports, F_SETFL, O_NONBLOCK);
      code = daemonizer::Launcher(reports, begun).wait();
    } catch (const std::exception& failure) {
      kirsch::log(kirsch::Level::error, "cannot wait for the server: ", failure.what());
    }
    ::_exit(code);
  }

  // The daemon. Its standard error stays the terminal's until the start is decided: what a dying process says there
  // must not be lost. Servers of a keeper, which itself has no loops, inherit it at once and for good; how they died
  // the keeper tells.
  void settle() {
    reporter_->introduce();
    ::umask(static_cast<mode_t>(std::stoul(mask, nullptr, 8)));
    daemonizer::close_inherited();
    streams_.redirect_input_and_output();
    if (!wait || kirsch::loops() == 0) streams_.redirect_error();
    if (!wait) return reporter_->close();
    ready_.emplace("ready", 100, [this](const kirsch::Event& event) { decided(true, event); });
    failed_.emplace("failed", 0, [this](const kirsch::Event& event) { decided(false, event); });
  }

  // From here on the launcher alone writes to the terminal, so nothing is told twice.
  void decided(bool serving, const kirsch::Event& event) {
    streams_.redirect_error();
    reporter_->send(serving, event.code, event.message);
  }

  bool forked_ = false;
  daemonizer::StandardStreams streams_;
  std::optional<daemonizer::Reporter> reporter_;
  std::optional<kirsch::Subscription> ready_, failed_;
};

}  // namespace

KIRSCH_MODULE("daemonizer", "1.0.0", kirsch::summary("Serves in the background; the terminal learns when, or why not"),
              kirsch::early, kirsch::in_keeper, kirsch::requires_feature(KIRSCH_FEATURE_BUS),
              kirsch::requires_feature(KIRSCH_FEATURE_PROCESS),
              kirsch::plugin<Daemonizer>("daemonizer").priority(kirsch::Channel::start, 65));
