// The buffers that a ring receives into: the kernel takes one when there is something for it, so a connection that
// waits owns none.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace kirsch::net {

class Ring;

class ReceiveBuffers {
 public:
  static constexpr std::uint16_t group = 0;

  // Before the ring is enabled. `count` is a power of two, at most 32768. Throws std::system_error.
  ReceiveBuffers(Ring& ring, unsigned count, unsigned size);
  // After the ring is gone, or has nothing left to receive.
  ~ReceiveBuffers();
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  std::span<char> bytes(unsigned number, std::size_t size) noexcept { return {data_ + number * size_, size}; }
  // The kernel may fill it again.
  void give_back(unsigned number) noexcept;

 private:
  const unsigned count_;
  const std::size_t size_;
  std::size_t mapped_ = 0;
  io_uring_buf_ring* ring_ = nullptr;
  char* data_ = nullptr;
};

}  // namespace kirsch::net
