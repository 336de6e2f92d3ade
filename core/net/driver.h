// How a loop meets the kernel: what a driver does for it, in the shape of completions so that epoll and io_uring both
// fit.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>

namespace kirsch::net {

class AcceptQueue;
class SocketTransport;

// The loop's thread only, except wake. Nothing throws. An error is an errno, 0 is success.
class Driver {
 public:
  virtual ~Driver() = default;

  // Waits for events, at most `milliseconds` (negative: until one comes or wake). deliver then hands them to transports
  // and queues.
  virtual void wait(int milliseconds) noexcept = 0;
  virtual void deliver() noexcept = 0;
  // Any thread: ends the present wait, or else the next one.
  virtual void wake() noexcept = 0;

  // From add to remove the transport hears of what it received; an error comes by its fail_later. remove comes before
  // its descriptor is closed; nothing is delivered to it afterwards and no memory of its output is used any more.
  virtual void add(SocketTransport& transport) noexcept = 0;
  virtual void remove(SocketTransport& transport) noexcept = 0;
  // The transport wants to read again. That it wants to no longer the driver sees when something arrives.
  virtual void resume_reading(SocketTransport& transport) noexcept = 0;
  // Ends in output_done or fail_later of the transport, here or in a later deliver.
  virtual void send(SocketTransport& transport, std::span<const iovec> pieces) noexcept = 0;
  virtual void send_file(SocketTransport& transport, int descriptor, std::uint64_t offset,
                         std::uint64_t size) noexcept = 0;

  // From add to remove the queue hears that connections wait.
  virtual int add(AcceptQueue& queue) noexcept = 0;
  virtual void remove(AcceptQueue& queue) noexcept = 0;
};

}  // namespace kirsch::net
