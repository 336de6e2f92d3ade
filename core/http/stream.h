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

// Whoever upgrades derives from it: one object is all that an idle connection needs beside its transport. All on its
// loop; no function but abort_now calls back.
class Stream : public net::TransportEvents {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  // For Connections, which alone uses them.
  std::unique_ptr<ClientSeats::Seat> seat;  // of its client, where those are counted
  Capacity::Place room;
  std::uint32_t place = 0;
  std::uint32_t listener = 0;  // as ResponseWriter::listener
  bool deferred = false;       // it is to settle at the end of the turn

  // From opened until closed has returned.

  // Copies. False: the queue is above its high mark (the pieces are queued all the same), wait for writable. Ignored
  // after close.
  bool write(std::span<const kirsch_text> pieces);
  bool write_shared(std::string_view piece, void (*release)(void* owner), void* owner);
  void close();         // after what is queued was sent
  void abort();         // at once, what is queued is lost
  void pause(bool on);  // no take until resumed; what was left comes again then
  std::uint64_t queued() const { return work_ != nullptr ? work_->output.queued() : 0; }  // the kernel has not taken
  // `writable`, once, when fewer than that are queued; at the end of this turn if they are.
  void notify(std::uint64_t below);
  const kirsch_address& peer() const { return transport_->addresses().peer; }
  net::Loop& loop() const;

  // For Connection and Connections. `received` came behind the request and is delivered after `opened`. `reading`: the
  // transport is not paused.
  void begin(Connections& owner, net::Transport& transport, std::span<const char> received, bool input_ended,
             bool reading);
  void abort_now() noexcept;  // also if it has not begun
  void settle();              // does what was asked for; this object may be gone afterwards

  // net::TransportEvents
  void on_data(std::span<char> bytes) final;
  void on_end() final;
  void on_sent() final;
  void on_timeout() final;
  void on_lost(int error) final;

 protected:
  // What its owner hears. None may throw.
  virtual void opened() = 0;
  // Bytes are mutable and valid during the call. Returns how many were consumed; the rest comes again with more behind
  // it. At most Limits::read_ahead bytes may stay unconsumed, then the stream is aborted.
  virtual std::size_t take(char* bytes, std::size_t size) = 0;
  virtual void writable() = 0;
  // Last call, exactly once, also if the connection ended before it was opened. `clean`: the peer ended the stream, or
  // close() was called. The object may stay, until the peer has heard of it.
  virtual void closed(bool clean) = 0;

  bool was_opened() const { return owner_ != nullptr; }

 private:
  StreamWork& work();
  void rest() noexcept;
  bool keeps_input() const { return work_ != nullptr && !work_->input.empty(); }
  bool in_flight() const { return work_ != nullptr && work_->output.in_flight() != 0; }
  std::size_t deliver(char* bytes, std::size_t size);
  void deliver_kept();
  bool open() const { return !closing_ && !aborted_; }
  void settle_later();
  bool after_write();
  void tell_room();
  void tell_end(bool clean) noexcept;
  void end(bool clean) noexcept;
  void give_work() noexcept;
  void linger();
  void leave() noexcept;

  // Behind `deferred`, so that there is no gap.
  bool ended_ : 1 = false;  // `closed` was called
  bool input_ended_ : 1 = false;
  bool input_fresh_ : 1 = true;  // the kept bytes have not been offered yet
  bool closing_ : 1 = false;
  bool aborted_ : 1 = false;
  bool paused_ : 1 = false;
  bool reading_ : 1 = true;
  bool was_full_ : 1 = false;   // `writable` is owed at the low mark
  std::uint32_t lingered_ = 0;  // bytes since the end
  Connections* owner_ = nullptr;
  net::Transport* transport_ = nullptr;
  StreamWork* work_ = nullptr;  // none while nothing waits
};

static_assert(sizeof(void*) != 8 || sizeof(Stream) <= 64);

}  // namespace kirsch::http
