// A connection without a socket, between a client in the test and the server's own protocol.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "net/loop.h"
#include "net/transport.h"

namespace kirsch::testing {

// The loop's thread. What the client does is heard by the server in the loop's next turn; what the server sends is
// there at once, so a client never is slow. Must not be destroyed before `closed`, unless the loop has ended.
class Wire final : public net::Transport, private net::Deferred {
 public:
  Wire(net::Loop& loop, const kirsch_address& client) noexcept;
  ~Wire();

  // The client's end.
  void give(std::string_view bytes);
  void end();        // no more comes
  void break_off();  // it is lost
  // Is called at the end of a turn in which something has come, and may give and end. Must not throw.
  void when_received(std::function<void()> reader) { reader_ = std::move(reader); }
  const std::string& received() const { return received_; }
  void forget_received(std::size_t size) { received_.erase(0, size); }
  bool ended() const { return closed_ || shut_; }  // the server sends no more
  bool closed() const { return closed_; }

  // net::Transport
  void set_events(net::TransportEvents& events) noexcept override { events_ = &events; }
  void send(std::span<const iovec> pieces) noexcept override;
  bool send_at_once(std::span<const iovec> pieces) noexcept override;
  void send_file(std::span<const iovec> head, const net::FileRange& file) noexcept override;
  bool sending() const noexcept override { return sending_; }
  std::uint64_t unsent() const noexcept override { return 0; }
  std::uint64_t unacknowledged() const noexcept override { return 0; }
  void pause_reading() noexcept override { paused_ = true; }
  void resume_reading() noexcept override;
  void set_deadline(base::SteadyTime due) noexcept override;
  void clear_deadline() noexcept override;
  void shutdown_write() noexcept override;
  void close() noexcept override;
  void abort() noexcept override { close(); }
  net::Loop& loop() const noexcept override { return loop_; }
  const net::Addresses& addresses() const noexcept override { return addresses_; }

 private:
  void run_deferred() override;
  void deliver();
  void lose(int error);
  void act_later() noexcept;

  net::Loop& loop_;
  const net::Addresses addresses_;
  net::TransportEvents* events_ = nullptr;
  std::string sent_;      // by the client, not yet heard
  std::string received_;  // by the client, not yet forgotten
  std::uint64_t deadline_ = 0;
  int error_ = 0;  // that the connection is to be lost with
  std::function<void()> reader_;
  bool fresh_ = false;  // something has come
  bool sending_ = false;
  bool paused_ = false;
  bool end_sent_ = false;
  bool end_told_ = false;
  bool shut_ = false;
  bool closed_ = false;
};

}  // namespace kirsch::testing
