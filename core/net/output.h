// What a transport still has to send: the rest of some pieces, or of a file. Empty while the kernel takes all at once.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kirsch::net {

inline std::uint64_t size_of(std::span<const iovec> pieces) noexcept {
  std::uint64_t size = 0;
  for (const iovec& piece : pieces) size += piece.iov_len;
  return size;
}

struct Output {
  std::vector<iovec> pieces;
  std::size_t next = 0;  // the first of `pieces` that is not completely sent
  int file = -1;
  std::uint64_t file_offset = 0;
  std::uint64_t file_size = 0;

  bool empty() const noexcept { return next == pieces.size() && file < 0; }
  std::uint64_t size() const noexcept { return size_of(std::span(pieces).subspan(next)) + (file < 0 ? 0 : file_size); }
  std::span<iovec> rest() noexcept { return std::span(pieces).subspan(next); }
  // Takes `sent` bytes off the front, and empty pieces behind them.
  void consume(std::size_t sent) noexcept;

  void set_file(int descriptor, std::uint64_t offset, std::uint64_t size) noexcept;
  // Sends what the socket takes now, within bounds. An errno (EIO: the file is shorter than promised), or 0, also when
  // it took nothing.
  int send_file(int socket) noexcept;

  // Frees what a large answer left behind: an idle connection shall own little.
  void clear() noexcept {
    if (pieces.capacity() != 0) std::vector<iovec>().swap(pieces);
    next = 0;
    file = -1;
  }
};

}  // namespace kirsch::net
