// Turns readiness into completions. What an event says is never believed: the system call that follows has the last
// word, so a spurious or stale event costs one call and nothing else.
#include "net/epoll_driver.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

#include "base/diagnostic.h"
#include "net/accept_queue.h"
#include "net/calls.h"
#include "net/socket_transport.h"

namespace kirsch::net {
namespace {

constexpr std::uint32_t input = EPOLLIN | EPOLLRDHUP;
// In driver_state: not in the epoll set, because a hang-up would be reported for ever. No event has that bit.
constexpr std::uint32_t parked = 1U << 31;
static_assert((parked & (input | EPOLLOUT)) == 0);
// Set in the address of an AcceptQueue to tell it from a transport; both are aligned.
constexpr std::uintptr_t queue_mark = 1;

base::Refusal no_descriptors(int error) {
  base::Diagnostic diagnostic;
  diagnostic.code = "N001";
  diagnostic.message = "an event loop cannot be made: " + std::generic_category().message(error);
  diagnostic.help = "raise the limit of open files (ulimit -n)";
  diagnostic.exit_code = base::ExitCode::internal;
  return base::Refusal(std::move(diagnostic));
}

}  // namespace

EpollDriver::EpollDriver() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!epoll_ || !wake_) throw no_descriptors(errno);
  // Edge-triggered: each write is an event, and nobody needs to read the counter.
  epoll_event event{EPOLLIN | EPOLLET, {nullptr}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) throw no_descriptors(errno);
}

void EpollDriver::wait(int milliseconds) noexcept {
  if (!files_.empty()) milliseconds = 0;
  files_.next([this](SocketTransport& transport) { update_interest(transport); });
  // EINTR comes back as no events; the loop goes round.
  ready_ = std::max(0, ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), milliseconds));
}

void EpollDriver::wake() noexcept {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the loop has been woken.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
}

void EpollDriver::deliver() noexcept {
  for (int index = 0; index < ready_; ++index) {
    const epoll_event& event = events_[static_cast<std::size_t>(index)];
    const auto mark = reinterpret_cast<std::uintptr_t>(event.data.ptr);
    if (mark == 0) continue;
    if ((mark & queue_mark) != 0) {
      accept(*reinterpret_cast<AcceptQueue*>(mark & ~queue_mark));
    } else {
      deliver(*static_cast<SocketTransport*>(event.data.ptr), event.events);
    }
  }
}

// An accept that finds nobody costs as much as another. So as many are tried as there were the last time, and one more
// for every sixteen that found somebody: where few come hardly any is in vain, where many wait they are soon taken by
// dozens. Of a shared socket one: meanwhile the kernel tells the others of those who come.
void EpollDriver::accept(AcceptQueue& queue) noexcept {
  if (queue.taking() == Taking::in_turn) {
    queue.accept_waiting(1);
    return;
  }
  constexpr std::uint32_t found_for_one_more = 16;
  std::uint32_t& found = queue.driver_state();
  const unsigned most = std::min(1 + found / found_for_one_more, AcceptQueue::per_turn);
  const unsigned taken = queue.accept_waiting(most);
  found = taken == most ? found + taken : (std::max(taken, 1U) - 1) * found_for_one_more;
  found = std::min(found, found_for_one_more * AcceptQueue::per_turn);
}

void EpollDriver::deliver(SocketTransport& transport, std::uint32_t events) noexcept {
  if (transport.closed()) return;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0 && transport.blocked()) continue_output(transport);
  if (!transport.reading()) return check_quiet(transport, events);
  if ((events & (input | EPOLLHUP | EPOLLERR)) == 0) return;
  // The FIN stands behind the data: fetch it too instead of in a turn of its own.
  if (receive(transport) && (events & EPOLLRDHUP) != 0 && transport.reading()) receive(transport);
}

// True: there was data and the buffer took all of it.
bool EpollDriver::receive(SocketTransport& transport) noexcept {
  ssize_t size = 0;
  do {
    size = net::receive(transport.descriptor(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size > 0) {
    transport.received({buffer_.data(), static_cast<std::size_t>(size)});
    return static_cast<std::size_t>(size) < buffer_.size();
  }
  if (size == 0) {
    transport.ended();
    if (!transport.closed()) update_interest(transport);
  } else if (errno != EAGAIN) {
    transport.lost(errno);
  }
  return false;
}

// An event for a transport that does not read: stop asking for input, and see whether the connection is gone.
void EpollDriver::check_quiet(SocketTransport& transport, std::uint32_t events) noexcept {
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(transport.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return transport.lost(error);
    if (transport.output() == nullptr && (transport.driver_state() & parked) == 0) {
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, transport.descriptor(), nullptr);
      transport.driver_state() = parked;
      return;
    }
  }
  update_interest(transport);
}

void EpollDriver::add(SocketTransport& transport) noexcept {
  transport.driver_state() = parked;
  update_interest(transport);
}

// Closing the descriptor removes it from the set; an event of it that is already fetched finds the transport closed.
void EpollDriver::remove(SocketTransport& transport) noexcept {
  files_.leave(transport);
  transport.let_go();
}

void EpollDriver::resume_reading(SocketTransport& transport) noexcept { update_interest(transport); }

void EpollDriver::update_interest(SocketTransport& transport) noexcept {
  const std::uint32_t wanted = (transport.reading() ? input : 0U) | (transport.blocked() ? EPOLLOUT : 0U);
  std::uint32_t& state = transport.driver_state();
  if (wanted == state || (wanted == 0 && state == parked)) return;
  epoll_event event{wanted, {&transport}};
  const int operation = state == parked ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(epoll_.get(), operation, transport.descriptor(), &event) == 0) {
    state = wanted;
  } else {
    transport.fail_later(errno);
  }
}

bool EpollDriver::send(SocketTransport& transport, std::span<const iovec> pieces, std::uint64_t size) noexcept {
  // Nearly always one piece, and all of it is taken: what else may happen has its own frame.
  const ssize_t sent = pieces.size() == 1 ? net::send(transport.descriptor(), pieces.front().iov_base, size, send_flags)
                                          : send_some(transport.descriptor(), pieces);
  return (sent >= 0 && static_cast<std::uint64_t>(sent) == size) || go_on(transport, pieces, size, sent);
}

// After a first try that did not take all. As send.
bool EpollDriver::go_on(SocketTransport& transport, std::span<const iovec> pieces, std::uint64_t size,
                        ssize_t sent) noexcept {
  if (sent < 0 && errno == EINTR) sent = send_some(transport.descriptor(), pieces);
  if (sent >= 0 && static_cast<std::uint64_t>(sent) == size) return true;
  if (sent < 0 && errno != EAGAIN) {
    transport.fail_later(errno);
  } else if (Output* const output = transport.keep(pieces, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)))) {
    output->blocked = true;
    update_interest(transport);
  }
  return false;
}

void EpollDriver::continue_output(SocketTransport& transport) noexcept {
  Output& output = *transport.output();
  if (output.has_file()) {
    files_.go_on(transport);
    return update_interest(transport);
  }
  const ssize_t sent = send_some(transport.descriptor(), output.rest());
  if (sent < 0 && errno != EAGAIN) return transport.fail_later(errno);
  if (sent > 0) output.consume(static_cast<std::size_t>(sent));
  if (!output.empty()) return;
  transport.output_done();
  update_interest(transport);
}

void EpollDriver::send_file(SocketTransport& transport, std::span<const iovec> head, const FileRange& file) noexcept {
  if (files_.start(transport, head, file)) update_interest(transport);
}

int EpollDriver::add(AcceptQueue& queue) noexcept {
  // Exclusive: of the loops that share one socket (unix, socket activation) one wakes per connection, not all.
  epoll_event event{EPOLLIN | EPOLLEXCLUSIVE,
                    {reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(&queue) | queue_mark)}};
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, queue.descriptor(), &event) == 0 ? 0 : errno;
}

void EpollDriver::remove(AcceptQueue& queue) noexcept {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, queue.descriptor(), nullptr);
}

}  // namespace kirsch::net
