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

int Output::send_file(int socket, std::uint64_t& most) noexcept {
  if (next != pieces.size()) {
    const ssize_t sent = send_some(socket, rest(), MSG_MORE);
    if (sent < 0 && errno != EAGAIN) return errno;
    if (sent > 0) consume(static_cast<std::size_t>(sent));
    blocked = next != pieces.size();
    if (blocked) return 0;
  }
  const std::uint64_t wanted = std::min(file.size, most);
  auto offset = static_cast<off_t>(file.offset);
  ssize_t sent = 0;
  do {
    sent = ::sendfile(socket, file.descriptor, &offset, wanted);
  } while (sent < 0 && errno == EINTR);
  if (sent == 0) return EIO;
  if (sent < 0 && errno != EAGAIN) return errno;
  const auto taken = static_cast<std::uint64_t>(std::max<ssize_t>(sent, 0));
  file.offset += taken;
  file.size -= taken;
  most -= taken;
  blocked = taken < wanted;
  return 0;
}

}  // namespace kirsch::net
