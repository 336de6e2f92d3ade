// What goes out. A send waits in the queue for the end of the turn; the kernel then takes what it has room for and says
// how much, so that whoever watches a slow peer sees each piece that it takes. None waits in the kernel: that is done
// by a thread of its own where the peer has sent its FIN.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <new>
#include <utility>

#include "net/socket_transport.h"
#include "net/uring_driver.h"

namespace kirsch::net {
namespace {

constexpr int largest_piece = 1 << 30;

}  // namespace

bool UringDriver::send(SocketTransport& transport, std::span<const iovec> pieces, std::uint64_t) noexcept {
  if (transport.keep(pieces, 0) != nullptr) submit_send(transport);
  return false;
}

void UringDriver::submit_send(SocketTransport& transport) noexcept {
  if (!ring_.has_room()) return transport.fail_later(ENOBUFS);
  transport.output()->blocked = false;
  const std::span<iovec> pieces = transport.output()->rest();
  io_uring_sqe& entry = ring_.entry();
  if (pieces.size() == 1) {
    const std::size_t size = std::min<std::size_t>(pieces.front().iov_len, largest_piece);
    io_uring_prep_send(&entry, transport.descriptor(), pieces.front().iov_base, size, send_flags);
  } else {
    msghdr& message = messages_[ring_.place(entry)];  // the kernel has read it when the place is used again
    message = {};
    message.msg_iov = pieces.data();
    message.msg_iovlen = std::min<std::size_t>(pieces.size(), IOV_MAX);
    io_uring_prep_sendmsg(&entry, transport.descriptor(), &message, send_flags);
  }
  mark(entry, Operation::send, transport);
}

void UringDriver::sent(SocketTransport& transport, int result) noexcept {
  Output& output = *transport.output();
  if (result == -EINTR) return submit_send(transport);
  if (result <= 0 && result != -EAGAIN) return transport.fail_later(result == 0 ? EIO : -result);
  // What took less than it was offered has found the socket full.
  const bool full = result < 0 || (result < largest_piece && output.rest().size() <= IOV_MAX);
  if (result > 0) output.consume(static_cast<std::size_t>(result));
  if (!output.empty()) return full ? wait_for_room(transport) : submit_send(transport);
  transport.finish_output();
  if (!transport.closed()) update(transport);
}

void UringDriver::wait_for_room(SocketTransport& transport) noexcept {
  transport.output()->blocked = true;
  watch_writable(transport);
}

// io_uring has no sendfile. Its splice always goes to a thread of the kernel, and read with send copies each byte once
// more than sendfile; so the call is made here, and only the waiting for room is the ring's.
void UringDriver::send_file(SocketTransport& transport, std::span<const iovec> head, const FileRange& file) noexcept {
  if (files_.start(transport, head, file)) watch_writable(transport);
}

// Stays armed and tells of room once each time that a call has found the socket full. A poll for one event would come
// back at once, again and again, where the peer has sent its FIN: the ring asks for that, too.
void UringDriver::watch_writable(SocketTransport& transport) noexcept {
  if ((transport.driver_state() & bit(Operation::writable)) != 0) return;
  if (!ring_.has_room()) return transport.fail_later(ENOBUFS);
  io_uring_sqe& entry = ring_.entry();
  io_uring_prep_poll_multishot(&entry, transport.descriptor(), POLLOUT);
  mark(entry, Operation::writable, transport);
}

void UringDriver::writable(SocketTransport& transport, const Ring::Event& event) noexcept {
  constexpr int room = POLLOUT | POLLHUP | POLLERR;
  if (transport.blocked()) {
    const bool only_end = event.result >= 0 && (event.result & room) == 0;
    return only_end ? watch_writable(transport) : go_on(transport);
  }
  // A unix socket tells of room whenever its peer has read.
  if (transport.output() == nullptr) stop_watching(transport);
}

void UringDriver::stop_watching(SocketTransport& transport) noexcept {
  stop(transport, Operation::writable, Operation::stop_watch);
}

void UringDriver::go_on(SocketTransport& transport) noexcept {
  if (!transport.output()->has_file()) return submit_send(transport);
  if (files_.go_on(transport)) watch_writable(transport);
}

}  // namespace kirsch::net
