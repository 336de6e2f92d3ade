// A connection to Redis on which much is said before the first answer, and what is owed on it.
#pragma once

#include "redis_client/connection.h"

namespace room_redis {

using Clock = std::chrono::steady_clock;

// Of one thread. What goes wrong is a std::exception, and it is of no use any more.
class Dialogue {
 public:
  Dialogue(const redis_client::ServerAddress& address, const Poco::Net::Context::Ptr& encryption,
           std::chrono::milliseconds timeout)
      : connection_(address, encryption, timeout), timeout_(timeout) {}

  void open();
  // Whole commands, as redis_client::Connection encodes them, of which each is answered once.
  void say(std::string_view commands, std::size_t count);
  // The next thing that comes; waits for the rest of it. Throws redis_client::Refusal, which is an answer.
  redis_client::Reply hear();
  void answered() { owed_ -= owed_ > 0 ? 1 : 0; }  // what was heard was an answer
  std::size_t owed() const { return owed_; }
  bool waiting() { return connection_.waiting(); }
  int descriptor() const { return connection_.descriptor(); }
  // Asks a server that has been silent whether it is there; throws when an answer is late.
  void watch();

 private:
  redis_client::Connection connection_;
  const std::chrono::milliseconds timeout_;
  std::size_t owed_ = 0;
  Clock::time_point heard_;  // or began to wait
};

}  // namespace room_redis
