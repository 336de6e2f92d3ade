// The connections that wait at one listener of a loop, and what happens when the system has no descriptor left for
// them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "net/listener.h"
#include "net/transport.h"

namespace kirsch::net {

class Driver;
class Loop;
class TransportPool;

// The loop's thread only. Outlives the turn in which it was closed.
class alignas(16) AcceptQueue {
 public:
  static constexpr unsigned per_turn = 64;

  AcceptQueue(Listener listener, Acceptor& acceptor, Taking taking, TransportPool& transports, base::Log& log) noexcept;
  ~AcceptQueue() { close(); }
  AcceptQueue(const AcceptQueue&) = delete;
  AcceptQueue& operator=(const AcceptQueue&) = delete;

  // An errno, or 0.
  int open() noexcept;
  void close() noexcept;
  bool closed() const noexcept { return closed_; }
  int descriptor() const noexcept { return listener_->descriptor(); }
  Taking taking() const noexcept { return taking_; }

  // Accepts until none waits, at most `limit`, and returns how often it found one; a driver that knows only that some
  // wait calls it.
  unsigned accept_waiting(unsigned limit) noexcept;
  // The driver has accepted a connection, or an error ended its accepting; it goes on if that returns true.
  void accepted(base::UniqueFd descriptor) noexcept;
  bool survive(int error) noexcept;
  std::uint32_t& driver_state() noexcept { return driver_state_; }
  void hand_to(Acceptor& acceptor) noexcept { acceptor_ = &acceptor; }

  std::uint64_t number = 0;  // of the loop, which alone uses it

 private:
  bool accept_one() noexcept;
  void admit(base::UniqueFd descriptor, const kirsch_address& peer) noexcept;
  void turn_away() noexcept;
  bool pause(int error) noexcept;  // false: it could not be ended, so there is none
  void resume() noexcept;
  void tell(int error) noexcept;

  std::optional<Listener> listener_;  // until close
  Acceptor* acceptor_;
  const Taking taking_;
  TransportPool& transports_;
  base::Log& log_;
  const kirsch_address local_;  // of every connection; unknown if the listener is bound to a wildcard
  base::UniqueFd spare_;        // given up to answer a client, by closing, when there is no other
  bool closed_ = true;
  std::uint32_t driver_state_ = 0;
  std::uint64_t resume_timer_ = 0;
  unsigned pauses_ = 0;  // since the last line in the log
  base::SteadyTime next_line_{};
};

}  // namespace kirsch::net
