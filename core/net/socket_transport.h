// The transport over a plain stream socket: the state of a connection between its protocol and the driver.
#pragma once

#include "base/unique_fd.h"
#include "net/deadline_wheel.h"
#include "net/list.h"
#include "net/output.h"
#include "net/transport.h"

namespace kirsch::net {

class TransportPool;

// Lives in a slot of its pool, which is not used again before the driver has let it go and the turn has ended: whoever
// still holds the address sees closed().
class SocketTransport final : public Transport, public Deadline {
 public:
  SocketTransport(TransportPool& pool, base::UniqueFd descriptor, const Addresses& addresses) noexcept
      : pool_(pool), descriptor_(std::move(descriptor)), addresses_(addresses) {}

  // Transport, for the protocol.
  void set_events(TransportEvents& events) noexcept override { events_ = &events; }
  void send(std::span<const iovec> pieces) noexcept override;
  bool send_at_once(std::span<const iovec> pieces) noexcept override;
  void send_file(std::span<const iovec> head, const FileRange& file) noexcept override;
  bool sending() const noexcept override { return sending_; }
  std::uint64_t unsent() const noexcept override { return output_ == nullptr ? unsent_ : output_->size(); }
  std::uint64_t unacknowledged() const noexcept override;
  void pause_reading() noexcept override { paused_ = true; }
  void resume_reading() noexcept override;
  void set_deadline(base::SteadyTime due) noexcept override;
  void clear_deadline() noexcept override;
  void shutdown_write() noexcept override;
  void close() noexcept override;
  void abort() noexcept override;
  Loop& loop() const noexcept override;
  const Addresses& addresses() const noexcept override {
    return addresses_.peer.family != 0 && addresses_.local.family != 0 ? addresses_ : ask_addresses();
  }

  // For the driver and the pool.
  int descriptor() const noexcept { return descriptor_.get(); }
  bool has_events() const noexcept { return events_ != nullptr; }
  bool closed() const noexcept { return closed_; }
  bool reading() const noexcept { return !paused_ && !ended_ && !closed_; }
  std::uint32_t& driver_state() noexcept { return driver_state_; }

  // What the kernel has not taken; null: nothing.
  Output* output() const noexcept { return output_; }
  bool blocked() const noexcept { return output_ != nullptr && output_->blocked; }
  // Makes it of these pieces, from the byte `begin` on. Null: no memory, and the transport fails.
  Output* keep(std::span<const iovec> pieces, std::size_t begin) noexcept;

  void received(std::span<char> bytes) { events_->on_data(bytes); }
  void ended();                         // the peer's FIN
  void lost(int error);                 // at once: call nothing on it afterwards
  void output_done() noexcept;          // on_sent follows at the end of the turn
  void finish_output();                 // on_sent at once: not from inside of send
  void fail_later(int error) noexcept;  // on_lost follows at the end of the turn
  bool reports() const noexcept { return reports_; }
  void report();  // either of them
  void timed_out() { events_->on_timeout(); }
  void let_go() noexcept;  // it is closed and the kernel has nothing to do for it any more
  int give_up_descriptor() noexcept { return descriptor_.release(); }  // before let_go: the driver closes it

 private:
  bool may_send() const noexcept { return !closed_ && !sending_ && !shutdown_wanted_; }
  void begin_output(std::uint64_t size) noexcept;
  void drop_output() noexcept;
  void report_later() noexcept;
  void retire() noexcept;
  // Out of the way of those who ask again.
  [[gnu::cold, gnu::noinline]] const Addresses& ask_addresses() const noexcept;

  TransportPool& pool_;
  TransportEvents* events_ = nullptr;
  Output* output_ = nullptr;  // of the pool
  std::uint64_t unsent_ = 0;  // of the present output while there is no `output_`
  base::UniqueFd descriptor_;
  std::uint32_t driver_state_ = 0;
  mutable Addresses addresses_;  // what is unknown is asked for when first wanted
  std::uint16_t error_ = 0;      // to report
  bool paused_ : 1 = false;
  bool ended_ : 1 = false;
  bool closed_ : 1 = false;
  bool sending_ : 1 = false;
  bool shutdown_wanted_ : 1 = false;
  bool reports_ : 1 = false;  // at the end of the turn, to its protocol
};

static_assert(sizeof(SocketTransport) <= 128);

}  // namespace kirsch::net
