// A connection after its upgrade: raw bytes both ways, with the marks and time limits of HTTP. No buffer while idle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "http/capacity.h"
#include "http/client_seats.h"
#include "http/transaction.h"
#include "http/work.h"
#include "net/loop.h"

namespace kirsch::http {

class Connections;

class Stream final : public net::TransportEvents, public net::Deferred, public UpgradedStream {
 public:
  // Takes the transport over; `received` came behind the request and is delivered after on_open.
  Stream(Connections& owner, net::Transport& transport, UpgradeEvents& events, std::span<const char> received,
         bool input_ended);

  // Once, right after it was made: calls on_open. `reading`: the transport is not paused.
  void begin(bool reading);
  void abort_now() noexcept;

  // net::TransportEvents
  void on_data(std::span<char> bytes) override;
  void on_end() override;
  void on_sent() override;
  void on_timeout() override;
  void on_lost(int error) override;

  // net::Deferred
  void run_deferred() override;

  // UpgradedStream
  bool write(std::span<const kirsch_text> pieces) override;
  bool write_shared(std::string_view piece, void (*release)(void* owner), void* owner) override;
  void close() override;
  void abort() override;
  void pause(bool on) override;
  std::uint64_t queued() const override { return work_ != nullptr ? work_->output.queued() : 0; }
  void notify(std::uint64_t below) override;
  const kirsch_address& peer() const override { return peer_; }
  net::Loop& loop() const override;

  std::size_t place = 0;                    // in the list of Connections, which alone uses it
  std::unique_ptr<ClientSeats::Seat> seat;  // of its client, where those are counted
  Capacity::Place room;

 private:
  StreamWork& work();
  void rest() noexcept;
  bool keeps_input() const { return work_ != nullptr && !work_->input.empty(); }
  bool in_flight() const { return work_ != nullptr && work_->output.in_flight() != 0; }
  std::size_t deliver(char* bytes, std::size_t size);
  void deliver_kept();
  bool open() const { return !closing_ && !aborted_; }
  bool after_write();
  void settle();
  void tell_room();
  void end(bool clean) noexcept;
  void linger();
  void leave() noexcept;

  Connections& owner_;
  net::Transport* transport_;
  UpgradeEvents* events_;       // null after on_close
  StreamWork* work_ = nullptr;  // none while nothing waits
  bool input_ended_;
  bool input_fresh_ = true;  // the kept bytes have not been offered yet
  bool closing_ = false;
  bool aborted_ = false;
  bool paused_ = false;
  bool reading_ = true;
  bool was_full_ = false;           // on_writable is owed at the low mark
  std::uint64_t wanted_below_ = 0;  // as it is by `notify`; 0: it is not
  std::size_t lingered_ = 0;
  kirsch_address peer_;
};

}  // namespace kirsch::http
