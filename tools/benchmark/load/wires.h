// Connections as bytes: what carries them, and who uses them. A layer such as TLS stands between the two: to the user
// it is the wires, to the wires below it is the user.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace kirsch::load {

using Clock = std::chrono::steady_clock;

class WireUser {
 public:
  virtual ~WireUser() = default;
  // Called within Wires::turn, on its thread; none may throw. A wire that was closed is not heard of until it is opened
  // again.
  virtual void opened(std::size_t wire) = 0;
  virtual void received(std::size_t wire, std::string_view bytes) = 0;  // valid during the call
  // The other side has ended it (error 0), or an errno. It is closed by then.
  virtual void ended(std::size_t wire, int error) = 0;
};

class Wires {
 public:
  virtual ~Wires() = default;
  // Wires are named by numbers from 0 up to a count that was given when these were made.
  virtual void open(std::size_t wire) = 0;
  // `bytes` stay valid and unchanged until the wires are gone; they are sent in order.
  virtual void send(std::size_t wire, std::string_view bytes) = 0;
  virtual void close(std::size_t wire) = 0;
  // Sends what is to be sent and tells the user what happened; waits for something to happen until then, at most.
  virtual void turn(Clock::time_point until) = 0;
};

}  // namespace kirsch::load
