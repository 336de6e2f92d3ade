// A signalfd for the signals and an eventfd for the end, both in one poll: no signal handler, no time-out.
#include "signal_waiter.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace signals {
namespace {

int open_arrivals(const std::vector<Signal>& signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const auto& signal : signals) sigaddset(&set, signal.number);
  return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

std::string sender(const signalfd_siginfo& info) {
  if (info.ssi_code > 0) return "from the terminal or the kernel";
  return "from pid " + std::to_string(info.ssi_pid);
}

}  // namespace

SignalWaiter::Descriptor::Descriptor(int number, const char* what) : number_(number) {
  if (number < 0) throw std::system_error(errno, std::generic_category(), what);
}

SignalWaiter::Descriptor::~Descriptor() { ::close(number_); }

SignalWaiter::SignalWaiter(std::vector<Signal> signals, Taker taker)
    : signals_(std::move(signals)),
      taker_(std::move(taker)),
      arrivals_(open_arrivals(signals_), "signalfd"),
      end_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"),
      thread_([this] { run(); }) {}

SignalWaiter::~SignalWaiter() {
  const std::uint64_t one = 1;
  // An eventfd of this thread alone has room for one more.
  [[maybe_unused]] const auto written = ::write(end_.number(), &one, sizeof one);
  thread_.join();
}

void SignalWaiter::run() noexcept {
  std::array<pollfd, 2> watched{pollfd{end_.number(), POLLIN, 0}, pollfd{arrivals_.number(), POLLIN, 0}};
  for (;;) {
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;  // EINTR: a debugger
    if (watched[0].revents != 0) return;
    if (watched[1].revents != 0) take_one();
  }
}

void SignalWaiter::take_one() noexcept {
  signalfd_siginfo info{};
  if (::read(arrivals_.number(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return;
  const auto signal = std::find_if(signals_.begin(), signals_.end(),
                                   [&](const Signal& one) { return one.number == static_cast<int>(info.ssi_signo); });
  if (signal != signals_.end()) taker_(*signal, sender(info));
}

}  // namespace signals
