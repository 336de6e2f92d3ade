// What a transport still has to send: the rest of some pieces, then of a file. Empty while the kernel takes all at
// once.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "net/transport.h"

namespace kirsch::net {

inline std::uint64_t size_of(std::span<const iovec> pieces) noexcept {
  std::uint64_t size = 0;
  for (const iovec& piece : pieces) size += piece.iov_len;
  return size;
}

inline constexpr int send_flags = MSG_NOSIGNAL | MSG_DONTWAIT;

// What the socket takes now, as sendmsg; further flags may be given. Never a signal.
[[gnu::noinline]] ssize_t send_some(int socket, std::span<const iovec> pieces, int flags = 0) noexcept;

struct Output {
  std::vector<iovec> pieces;
  std::size_t next = 0;  // the first of `pieces` that is not completely sent
  FileRange file;        // what is left of it
  bool blocked = false;  // by a full socket; else a file waits for its turn

  bool has_file() const noexcept { return file.descriptor >= 0; }
  bool empty() const noexcept { return next == pieces.size() && !has_file(); }
  std::uint64_t size() const noexcept { return size_of(std::span(pieces).subspan(next)) + file.size; }
  std::span<iovec> rest() noexcept { return std::span(pieces).subspan(next); }
  // Takes `sent` bytes off the front, and empty pieces behind them.
  void consume(std::size_t sent) noexcept;

  // Sends pieces, then of the file what the socket takes, until that is full, but not more than `most`, which that is
  // taken off. An errno (EIO: the file is shorter than promised), or 0, also when it took nothing.
  int send_file(int socket, std::uint64_t& most) noexcept;

  // Frees what a large answer left behind: an idle connection shall own little.
  void clear() noexcept {
    if (pieces.capacity() != 0) std::vector<iovec>().swap(pieces);
    next = 0;
    file = {};
    blocked = false;
  }

 private:
  int send_pieces(int socket) noexcept;
  int send_range(int socket, std::uint64_t& most) noexcept;
};

}  // namespace kirsch::net
