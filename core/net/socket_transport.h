// The transport over a plain stream socket: the state of a connection between its protocol and the driver.
#pragma once

#include "base/unique_fd.h"
#include "net/deadline_wheel.h"
#include "net/list.h"
#include "net/output.h"
#include "net/transport.h"

namespace kirsch::net {

class TransportPool;

// The output of a transport is done or failed: its protocol hears of it when the turn ends, not inside of send.
class Report : public Link<Report> {
 protected:
  Report() = default;
  ~Report() = default;
};

// Lives in a slot of its pool, which is not used again before the driver has let it go and the turn has ended: whoever
// still holds the address sees closed().
class SocketTransport final : public Transport, public Deadline, public Report {
 public:
  // `peer` and `local` may be unknown.
  SocketTransport(TransportPool& pool, base::UniqueFd descriptor, const Address& peer, const Address& local) noexcept
      : pool_(pool), descriptor_(std::move(descriptor)), peer_(peer), local_(local) {}

  // Transport, for the protocol.
  void set_events(TransportEvents& events) noexcept override { events_ = &events; }
  void send(std::span<const iovec> pieces) noexcept override;
  bool send_at_once(std::span<const iovec> pieces) noexcept override;
  void send_file(std::span<const iovec> head, const FileRange& file) noexcept override;
  bool sending() const noexcept override { return sending_; }
  std::uint64_t unsent() const noexcept override { return output_.empty() ? unsent_ : output_.size(); }
  std::uint64_t unacknowledged() const noexcept override;
  void pause_reading() noexcept override { paused_ = true; }
  void resume_reading() noexcept override;
  void set_deadline(std::chrono::milliseconds from_now) noexcept override;
  void clear_deadline() noexcept override;
  void shutdown_write() noexcept override;
  void close() noexcept override;
  void abort() noexcept override;
  Loop& loop() const noexcept override;
  const Address& peer() const noexcept override;
  const Address& local() const noexcept override;

  // For the driver and the pool.
  int descriptor() const noexcept { return descriptor_.get(); }
  bool has_events() const noexcept { return events_ != nullptr; }
  bool closed() const noexcept { return closed_; }
  bool reading() const noexcept { return !paused_ && !ended_ && !closed_; }
  Output& output() noexcept { return output_; }
  std::uint32_t& driver_state() noexcept { return driver_state_; }

  void received(std::span<char> bytes) { events_->on_data(bytes); }
  void ended();                         // the peer's FIN
  void lost(int error);                 // at once: call nothing on it afterwards
  void output_done() noexcept;          // on_sent follows at the end of the turn
  void finish_output();                 // on_sent at once: not from inside of send
  void fail_later(int error) noexcept;  // on_lost follows at the end of the turn
  void report();                        // either of them
  void timed_out() { events_->on_timeout(); }
  void let_go() noexcept;  // it is closed and the kernel has nothing to do for it any more
  int give_up_descriptor() noexcept { return descriptor_.release(); }  // before let_go: the driver closes it

 private:
  void begin_output(std::uint64_t size) noexcept;
  void retire() noexcept;
  const Address& name(Address& address, int (*ask)(int, sockaddr*, socklen_t*)) const noexcept;

  TransportPool& pool_;
  TransportEvents* events_ = nullptr;
  base::UniqueFd descriptor_;
  int error_ = 0;  // to report
  std::uint32_t driver_state_ = 0;
  bool paused_ = false;
  bool ended_ = false;
  bool closed_ = false;
  bool sending_ = false;
  bool shutdown_wanted_ = false;
  Output output_;
  std::uint64_t unsent_ = 0;  // of the present output while `output_` is empty
  mutable Address peer_;      // asked for when first wanted
  mutable Address local_;
};

static_assert(sizeof(SocketTransport) <= 256);

}  // namespace kirsch::net
