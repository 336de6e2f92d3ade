// One connected stream as its protocol sees it: bytes in, pieces out, a deadline. Over epoll, io_uring and TLS alike.
#pragma once

#include <sys/uio.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "kirsch/abi.h"

namespace kirsch::net {

class Loop;
namespace tls {
struct Facts;
}

// Of both ends; unknown where the system does not know it any more.
struct Addresses {
  kirsch_address peer{};
  kirsch_address local{};
};

struct FileRange {
  int descriptor = -1;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// What happens to a transport. All calls come on the loop's thread, none after close() or abort() were called or
// on_lost() began. None may throw. Each may do anything with the transport, also close it, and may destroy this object
// if it closed the transport first.
class TransportEvents {
 public:
  // Mutable and valid during the call: the buffer is the loop's, an idle connection owns none. What is not consumed
  // must be copied. May come several times in a turn.
  virtual void on_data(std::span<char> bytes) = 0;
  // The peer's FIN; no more on_data. Sending still works (half-closed clients).
  virtual void on_end() = 0;
  // The last send or send_file is completely in the kernel. Never called from inside send.
  virtual void on_sent() = 0;
  // The deadline passed; it is then unset.
  virtual void on_timeout() = 0;
  // Reset or another fatal error (ECANCELED: the loop ended). The last event, never called from inside send; the
  // transport is gone: call nothing on it but unsent() and addresses().
  virtual void on_lost(int error) = 0;

 protected:
  ~TransportEvents() = default;
};

// Owned by the loop, used on the loop's thread only; gone after close(), abort() or on_lost().
class Transport {
 public:
  // Before on_accept returns, and whenever the protocol changes; `events` must outlive the transport or be replaced.
  virtual void set_events(TransportEvents& events) noexcept = 0;

  // One send or send_file at a time: the next one after on_sent. Tries at once; what the kernel does not take goes when
  // it can. The array is the caller's again on return; the memory that the pieces point to must stay until on_sent,
  // close(), abort() or on_lost().
  virtual void send(std::span<const iovec> pieces) noexcept = 0;
  // As send of at least a byte, but true: the kernel has taken all of it already, and no on_sent follows.
  virtual bool send_at_once(std::span<const iovec> pieces) noexcept {
    send(pieces);
    return false;
  }
  // The pieces of `head`, which is as that of send, and behind them the file, whose descriptor stays open as long as
  // their memory. It leaves by turns with those of others. A file shorter than promised ends in on_lost(EIO).
  virtual void send_file(std::span<const iovec> head, const FileRange& file) noexcept = 0;
  virtual bool sending() const noexcept = 0;
  // How much of the last send or send_file the kernel has not taken; 0 after on_sent.
  virtual std::uint64_t unsent() const noexcept = 0;
  // How much of what the kernel has taken, of all sends, the peer has not acknowledged. A system call.
  virtual std::uint64_t unacknowledged() const noexcept = 0;

  // From pause to resume there is no on_data and no on_end; the kernel's buffer fills and the peer has to wait.
  virtual void pause_reading() noexcept = 0;
  virtual void resume_reading() noexcept = 0;

  // Costs a store: call it as often as you like. Fires once, never early, up to 300 ms late.
  virtual void set_deadline(base::SteadyTime due) noexcept = 0;
  virtual void clear_deadline() noexcept = 0;

  // FIN after what is being sent. No send afterwards; data still comes in.
  virtual void shutdown_write() noexcept = 0;
  // Orderly, at once: what the kernel has still goes, what it has not yet taken is lost. Unread input makes the kernel
  // reset the connection, which can cost the peer the answer (RFC 9112 9.6): shutdown_write and wait for on_end before.
  virtual void close() noexcept = 0;
  virtual void abort() noexcept = 0;  // RST

  virtual Loop& loop() const noexcept = 0;
  // May be system calls, the first time; also in on_lost.
  virtual const Addresses& addresses() const noexcept = 0;
  // What the handshake has settled; immutable, any thread. Null: not over TLS.
  virtual std::shared_ptr<const tls::Facts> tls() const noexcept { return nullptr; }

 protected:
  ~Transport() = default;
};

// Who gets what a listener accepted.
class Acceptor {
 public:
  // On the loop's thread; must not throw. Calls set_events before it returns, or close() or abort().
  virtual void on_accept(Transport& transport) = 0;
  // What a client is sent that cannot be accepted because the process has no descriptor left. Empty: it is closed
  // without a word.
  virtual std::string_view apology() const noexcept { return {}; }

 protected:
  ~Acceptor() = default;
};

}  // namespace kirsch::net
