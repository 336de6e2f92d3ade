// Files leave by turns: a loop that sends a mebibyte at once keeps all its other clients waiting meanwhile.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "net/transport.h"

namespace kirsch::net {

class SocketTransport;

// The loop's thread only.
class FileTurns {
 public:
  // Of all files together; some 40 µs where a copy of 64 KiB takes 10.
  static constexpr std::uint64_t per_turn = 256 * 1024;

  // Sends what this turn has room for; the rest goes in later ones. True: the socket is full, and the driver calls
  // go_on when it is no more. Else the transport hears of the end, or waits here for its turn.
  bool start(SocketTransport& transport, std::span<const iovec> head, const FileRange& file) noexcept;
  bool go_on(SocketTransport& transport) noexcept;
  void leave(SocketTransport& transport) noexcept;

  bool empty() const noexcept { return waiting_.empty(); }
  // The next turn begins, with those that waited, in order. `blocked` is called for each whose socket is full.
  template <class Blocked>
  void next(Blocked blocked) noexcept {
    left_ = per_turn;
    std::size_t served = 0;
    for (const std::size_t count = waiting_.size(); served < count && left_ != 0; ++served) {
      SocketTransport& transport = *waiting_[served];
      if (go_on(transport)) blocked(transport);  // or it waits again, behind all others
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(served));
  }

 private:
  std::uint64_t left_ = per_turn;
  std::vector<SocketTransport*> waiting_;
};

}  // namespace kirsch::net
