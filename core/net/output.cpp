// Goes on with what the kernel did not take at once.
#include "net/output.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "net/calls.h"

namespace kirsch::net {

ssize_t send_some(int socket, std::span<const iovec> pieces, int flags) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = std::min<std::size_t>(pieces.size(), IOV_MAX);
  ssize_t sent = 0;
  do {
    sent = net::send(socket, message, send_flags | flags);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

void Output::consume(std::size_t sent) noexcept {
  while (next < pieces.size() && sent >= pieces[next].iov_len) sent -= pieces[next++].iov_len;
  if (next == pieces.size() || sent == 0) return;
  pieces[next].iov_base = static_cast<char*>(pieces[next].iov_base) + sent;
  pieces[next].iov_len -= sent;
}

int Output::send_pieces(int socket) noexcept {
  const ssize_t sent = send_some(socket, rest(), MSG_MORE);
  if (sent < 0 && errno != EAGAIN) return errno;
  blocked = sent < 0;
  if (!blocked) consume(static_cast<std::size_t>(sent));
  return 0;
}

int Output::send_range(int socket, std::uint64_t& most) noexcept {
  auto offset = static_cast<off_t>(file.offset);
  ssize_t sent = 0;
  do {
    sent = ::sendfile(socket, file.descriptor, &offset, std::min(file.size, most));
  } while (sent < 0 && errno == EINTR);
  if (sent == 0) return EIO;
  if (sent < 0 && errno != EAGAIN) return errno;
  blocked = sent < 0;
  const auto taken = static_cast<std::uint64_t>(std::max<ssize_t>(sent, 0));
  file.offset += taken;
  file.size -= taken;
  most -= taken;
  return 0;
}

// A short call says nothing: only one that took nothing makes the socket tell when there is room.
int Output::send_file(int socket, std::uint64_t& most) noexcept {
  int error = 0;
  blocked = false;
  while (error == 0 && !blocked && next != pieces.size()) error = send_pieces(socket);
  while (error == 0 && !blocked && file.size != 0 && most != 0) error = send_range(socket, most);
  return error;
}

}  // namespace kirsch::net
