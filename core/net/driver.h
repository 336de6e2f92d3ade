// How a loop meets the kernel: what a driver does for it, in the shape of completions so that epoll and io_uring both
// fit.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>

namespace kirsch::net {

class AcceptQueue;
class SocketTransport;
struct FileRange;

// The loop's thread only, except wake. Nothing throws. An error is an errno, 0 is success.
class Driver {
 public:
  virtual ~Driver() = default;

  // On the thread of run(), before the first wait. What was added before on another thread takes effect here.
  virtual void begin() noexcept {}
  // Nothing is added any more: returns when the kernel has let go of all that was removed.
  virtual void end() noexcept {}

  // Waits for events, at most `milliseconds` (negative: until one comes or wake). deliver then hands them to transports
  // and queues.
  virtual void wait(int milliseconds) noexcept = 0;
  virtual void deliver() noexcept = 0;
  // Any thread: ends the present wait, or else the next one.
  virtual void wake() noexcept = 0;

  // From add to remove the transport hears of what it received; an error comes by its fail_later. After remove nothing
  // is delivered to it and no memory of its output is used any more. Its descriptor and its place stay until the driver
  // calls let_go: inside of remove, or in a later deliver where the kernel still has work with them.
  virtual void add(SocketTransport& transport) noexcept = 0;
  virtual void remove(SocketTransport& transport) noexcept = 0;
  // The transport wants to read again. That it wants to no longer the driver sees when something arrives.
  virtual void resume_reading(SocketTransport& transport) noexcept = 0;
  // True: the kernel has taken all of it. Else it ends in fail_later of the transport, here or later, or in output_done
  // or finish_output in a later deliver. A remove right after it does not keep it from being tried.
  // `size` are the bytes of all pieces, at least one.
  virtual bool send(SocketTransport& transport, std::span<const iovec> pieces, std::uint64_t size) noexcept = 0;
  // Ends in output_done or fail_later of the transport, here or later.
  virtual void send_file(SocketTransport& transport, std::span<const iovec> head, const FileRange& file) noexcept = 0;

  // From add to remove the queue gets connections, or hears that some wait, or why there is none. remove may hand it a
  // last few; none is lost.
  virtual int add(AcceptQueue& queue) noexcept = 0;
  virtual void remove(AcceptQueue& queue) noexcept = 0;
};

}  // namespace kirsch::net
