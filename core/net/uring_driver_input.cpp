// What comes in: received as it comes, kept where a transport does not read, and asked for again where the kernel ended
// a receive: for want of buffers, of room for events, or because it has done much at once.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "net/socket_transport.h"
#include "net/uring_driver.h"

namespace kirsch::net {
namespace {

// Of what was kept: no more at once than the other driver would bring.
constexpr std::size_t most_at_once = 65536;
// So much the kernel takes at once, where nothing was sent before.
constexpr std::uint64_t small_answer = 4096;

}  // namespace

// Asks for what the transport's state wants and the kernel does not do yet. A receive that goes on while nobody reads
// is left alone until something comes.
void UringDriver::update(SocketTransport& transport) noexcept {
  const std::uint32_t state = transport.driver_state();
  if ((state & bit(Operation::receive)) != 0) return;
  if (!ring_.has_room()) return transport.fail_later(ENOBUFS);
  if (!transport.reading()) {
    if ((state & (bit(Operation::gone) | hung_up)) == 0) watch_gone(transport);
  } else if ((state & holding) == 0) {
    receive(transport);
  }
}

// The first time for one piece only: many a connection leaves after one answer, and then there is nothing to cancel.
void UringDriver::receive(SocketTransport& transport) noexcept {
  io_uring_sqe& entry = ring_.entry();
  if ((transport.driver_state() & received_from) != 0) {
    io_uring_prep_recv_multishot(&entry, transport.descriptor(), nullptr, 0, 0);
  } else {
    io_uring_prep_recv(&entry, transport.descriptor(), nullptr, 0, 0);
  }
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = ReceiveBuffers::group;
  mark(entry, Operation::receive, transport);
}

void UringDriver::received(SocketTransport& transport, const Ring::Event& event) noexcept {
  const bool asked = (transport.driver_state() & received_from) == 0 && !transport.sending();
  if (event.result > 0) {
    transport.driver_state() |= received_from;
    const auto size = static_cast<std::size_t>(event.result);
    const std::span<char> bytes = buffers_.bytes(event.flags >> IORING_CQE_BUFFER_SHIFT, size);
    if (transport.reading() && (transport.driver_state() & holding) == 0) {
      transport.received(bytes);
    } else {
      hold(transport, bytes, false);
      stop_receiving(transport);
    }
  } else if (event.result == 0) {
    receive_end(transport);
  } else if (const int error = -event.result;
             error != ENOBUFS && error != ECANCELED && error != EINTR && error != EAGAIN) {
    transport.lost(error);
  }
  give_back(event);
  // A small answer has left at the end of the turn, and sent() goes on: who leaves with it needs no further receive.
  const bool answered =
      asked && (transport.driver_state() & bit(Operation::send)) != 0 && transport.unsent() <= small_answer;
  if (!transport.closed() && !answered) update(transport);
}

void UringDriver::give_back(const Ring::Event& event) noexcept {
  if ((event.flags & IORING_CQE_F_BUFFER) != 0) buffers_.give_back(event.flags >> IORING_CQE_BUFFER_SHIFT);
}

void UringDriver::receive_end(SocketTransport& transport) noexcept {
  if (transport.reading() && (transport.driver_state() & holding) == 0) {
    transport.ended();
  } else {
    hold(transport, {}, true);
  }
}

void UringDriver::stop_receiving(SocketTransport& transport) noexcept {
  stop(transport, Operation::receive, Operation::stop);
}

// Hang-ups and errors are always told, and the FIN with them; it is not the last that can happen.
void UringDriver::watch_gone(SocketTransport& transport) noexcept {
  io_uring_sqe& entry = ring_.entry();
  io_uring_prep_poll_multishot(&entry, transport.descriptor(), 0);
  mark(entry, Operation::gone, transport);
}

void UringDriver::check_gone(SocketTransport& transport, const Ring::Event& event) noexcept {
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(transport.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return transport.lost(error);
  if (event.result > 0 && (event.result & POLLHUP) != 0) transport.driver_state() |= hung_up;
  if (!event.more()) update(transport);
}

void UringDriver::hold(SocketTransport& transport, std::span<const char> bytes, bool ended) noexcept {
  try {
    Held& held = held_[&transport];
    held.bytes.insert(held.bytes.end(), bytes.begin(), bytes.end());
    held.ended = ended;
    transport.driver_state() |= holding;
  } catch (const std::bad_alloc&) {
    transport.fail_later(ENOMEM);
  }
}

// Not from here: what was kept is delivered like all else.
void UringDriver::resume_reading(SocketTransport& transport) noexcept {
  if ((transport.driver_state() & holding) == 0) return update(transport);
  try {
    resumed_.push_back(&transport);
  } catch (const std::bad_alloc&) {
    transport.fail_later(ENOMEM);
  }
}

void UringDriver::deliver_held() noexcept {
  if (resumed_.empty()) return;
  std::vector<SocketTransport*> resumed;
  resumed.swap(resumed_);
  // Who has left since, or come to the place of one who has, holds nothing.
  for (SocketTransport* transport : resumed) {
    if (!transport->closed() && (transport->driver_state() & holding) != 0) deliver_held(*transport);
  }
}

void UringDriver::deliver_held(SocketTransport& transport) noexcept {
  auto entry = held_.extract(&transport);  // closing the transport must not free what it is just told
  Held& held = entry.mapped();
  while (held.delivered < held.bytes.size() && transport.reading()) {
    const std::size_t size = std::min(held.bytes.size() - held.delivered, most_at_once);
    char* const bytes = held.bytes.data() + std::exchange(held.delivered, held.delivered + size);
    transport.received({bytes, size});
  }
  if (transport.closed()) return;
  if (held.delivered < held.bytes.size() || (held.ended && !transport.reading())) {
    held_.insert(std::move(entry));
    return;
  }
  transport.driver_state() &= ~holding;
  if (held.ended) transport.ended();
  if (!transport.closed()) update(transport);
}

}  // namespace kirsch::net
