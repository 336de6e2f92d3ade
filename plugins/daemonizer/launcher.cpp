// Two things can happen, a report and the death of the daemon; both are waited for in one poll, with the signals of the
// terminal.
#include "launcher.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <limits>
#include <system_error>

namespace daemonizer {
namespace {

constexpr std::chrono::seconds patience{5};
constexpr int signals_of_an_end[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

int open_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : signals_of_an_end) sigaddset(&set, number);
  sigaddset(&set, SIGCHLD);
  return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// As it would have ended without anybody who takes signals: the shell is told the truth.
void end_by(int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::raise(number);
}

// What else this process has open are the daemon's locks and sockets: held here, they would outlive it.
void close_others(int low, int high) {
  const auto close_from = [](int first, int last) {
    if (first <= last) ::close_range(static_cast<unsigned>(first), static_cast<unsigned>(last), 0);
  };
  close_from(STDERR_FILENO + 1, low - 1);
  close_from(low + 1, high - 1);
  close_from(high + 1, std::numeric_limits<int>::max());
}

}  // namespace

Launcher::Launcher(int reports, std::chrono::steady_clock::time_point begun)
    : pipe_(reports), signals_(open_signals()), begun_(begun), reader_(reports) {
  if (signals_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  close_others(std::min(pipe_, signals_), std::max(pipe_, signals_));
}

Launcher::~Launcher() { ::close(signals_); }

void Launcher::adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int Launcher::wait() {
  for (;;) {
    std::array<pollfd, 2> waited{pollfd{pipe_open_ ? pipe_ : -1, POLLIN, 0}, pollfd{signals_, POLLIN, 0}};
    if (::poll(waited.data(), waited.size(), -1) < 0) continue;  // EINTR: a debugger
    take_signals();
    if (pipe_open_) pipe_open_ = reader_.read();
    pass_on();
    // Who has asked for an end in the meantime wants that, not the news.
    if (const auto report = reader_.report(); report && !(report->serving && asked_ != 0)) {
      if (!report->serving) await_end();
      return tell(*report);
    }
    reap();
    if (ended_) return tell_death();
  }
}

// A daemon that has failed undoes what it had started: whoever tries again at once shall find nothing of it.
void Launcher::await_end() {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    take_signals();
    pass_on();
    reap();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (ended_ || left <= 0) return;
    pollfd waited{signals_, POLLIN, 0};
    ::poll(&waited, 1, static_cast<int>(left));
  }
}

void Launcher::take_signals() {
  signalfd_siginfo info{};
  while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGCHLD) continue;
    asked_ = static_cast<int>(info.ssi_signo);
    to_pass_on_ = true;
  }
}

// SIGTERM whatever came: others may mean something else to the daemon. A second one hurries it.
void Launcher::pass_on() {
  if (!to_pass_on_ || reader_.daemon() == 0) return;
  ::kill(reader_.daemon(), SIGTERM);
  to_pass_on_ = false;
}

// Of a daemon that has ended everything it wrote is in the pipe.
void Launcher::reap() {
  for (;;) {
    int status = 0;
    const pid_t child = ::waitpid(-1, &status, WNOHANG);
    if (child == 0) return;
    if (child < 0) {
      // Nobody is left; without adoption the pipe alone tells the end.
      ended_ = ended_ || (errno == ECHILD && !pipe_open_);
      return;
    }
    if (pipe_open_) pipe_open_ = reader_.read();
    const bool never_introduced = reader_.daemon() == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0);
    if (child != reader_.daemon() && !never_introduced) continue;
    ended_ = true;
    status_ = status;
  }
}

int Launcher::tell(const Report& report) const {
  if (!report.serving) {
    std::cerr << report.text;
    if (!report.text.empty() && report.text.back() != '\n') std::cerr << '\n';
    std::cerr << std::flush;
    return report.code == 0 ? 1 : report.code;
  }
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_);
  std::cout << report.text;
  if (!report.text.empty() && report.text.back() != '\n') std::cout << '\n';
  std::cout << "ready in " << taken.count() << " ms, process " << reader_.daemon() << std::endl;
  return 0;
}

int Launcher::tell_death() const {
  if (const auto report = reader_.report(); report && asked_ == 0) return tell(*report);
  if (asked_ != 0) {
    std::cerr << "the start was ended by SIG" << ::sigabbrev_np(asked_) << std::endl;
    end_by(asked_);
  }
  std::cerr << "the server ended before it served";
  if (status_ >= 0 && WIFSIGNALED(status_)) std::cerr << ": " << ::strsignal(WTERMSIG(status_));
  if (status_ >= 0 && WIFEXITED(status_)) std::cerr << ", with exit code " << WEXITSTATUS(status_);
  std::cerr << std::endl;
  return 1;
}

}  // namespace daemonizer
