// poll over the clients and an eventfd for the end.
#include "server/control_thread.h"

#include <pthread.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace kirsch::server {
namespace {

constexpr int tick_milliseconds = 250;

}  // namespace

ControlThread::ControlThread(net::ControlSocket socket, ControlClients::Answerer answerer, std::function<void()> tick)
    : clients_(std::move(socket), std::move(answerer)),
      tick_(std::move(tick)),
      end_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!end_) throw std::system_error(errno, std::generic_category(), "eventfd");
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "kirsch-control");
    run();
  });
}

ControlThread::~ControlThread() {
  const std::uint64_t one = 1;
  // An eventfd of this thread alone has room for one more.
  [[maybe_unused]] const auto written = ::write(end_.get(), &one, sizeof one);
  thread_.join();
}

void ControlThread::hand_over() {
  const std::lock_guard lock(mutex_);
  clients_.hand_over();
}

void ControlThread::run() noexcept {
  std::vector<pollfd> entries;
  for (;;) {
    entries.assign(1, {end_.get(), POLLIN, 0});
    {
      const std::lock_guard lock(mutex_);
      clients_.watch(entries);
    }
    const int ready = ::poll(entries.data(), entries.size(), tick_milliseconds);
    if (ready > 0 && entries.front().revents != 0) return;
    tick_();
    if (ready <= 0) continue;
    const std::lock_guard lock(mutex_);
    clients_.look(entries);
  }
}

}  // namespace kirsch::server
