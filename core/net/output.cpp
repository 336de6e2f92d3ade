// Goes on with what the kernel did not take at once.
#include "net/output.h"

#include <sys/sendfile.h>

#include <algorithm>
#include <cerrno>

namespace kirsch::net {
namespace {

// One connection shall not keep the loop for longer, even if its client is fast.
constexpr std::uint64_t file_piece = 1 << 20;

}  // namespace

void Output::consume(std::size_t sent) noexcept {
  while (next < pieces.size() && sent >= pieces[next].iov_len) sent -= pieces[next++].iov_len;
  if (next == pieces.size() || sent == 0) return;
  pieces[next].iov_base = static_cast<char*>(pieces[next].iov_base) + sent;
  pieces[next].iov_len -= sent;
}

void Output::set_file(int descriptor, std::uint64_t offset, std::uint64_t size) noexcept {
  file = descriptor;
  file_offset = offset;
  file_size = size;
}

int Output::send_file(int socket) noexcept {
  auto offset = static_cast<off_t>(file_offset);
  ssize_t sent = 0;
  do {
    sent = ::sendfile(socket, file, &offset, std::min(file_size, file_piece));
  } while (sent < 0 && errno == EINTR);
  if (sent == 0) return EIO;
  if (sent < 0) return errno == EAGAIN ? 0 : errno;
  file_offset += static_cast<std::uint64_t>(sent);
  file_size -= static_cast<std::uint64_t>(sent);
  return 0;
}

}  // namespace kirsch::net
