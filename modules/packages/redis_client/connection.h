// One connection to a Redis server. Replies are read by Poco::Redis.
#pragma once

#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Redis/RedisStream.h>
#include <Poco/Redis/Type.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "server_address.h"

namespace redis_client {

using Command = std::vector<std::string>;
// The elements of an array, at least one; numbers as digits.
using Reply = std::vector<std::string>;

// The server has answered that it will not; the connection is as good as before.
struct Refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What the connections to a rediss:// server share: TLS 1.2 or above, the server must prove its name. Null: no TLS.
// Throws kirsch::OptionError.
Poco::Net::Context::Ptr encryption(const ServerAddress& address);

// Of one thread, save `abort`. Everything else that goes wrong is a std::exception (Poco's are), and the connection is
// of no use any more.
class Connection {
 public:
  Connection(const ServerAddress& address, Poco::Net::Context::Ptr encryption, std::chrono::milliseconds timeout)
      : address_(address), encryption_(std::move(encryption)), timeout_(timeout) {}

  void open();  // to be called once: connects, introduces itself, and hears whether the server is ready
  Reply call(const Command& command);  // one that is answered by an array
  // For those who say more than one thing before they hear an answer. A reply that is no array has one element; one
  // that is an error is thrown as Refusal, and answers what it answers all the same.
  static std::string encoded(const Command& command);
  void send(std::string_view encoded);
  Reply next();
  bool waiting();          // something has come that `next` would read
  int descriptor() const;  // for poll; where nothing is `waiting`
  bool usable();           // nobody has closed it meanwhile, and nothing has come that was not asked for
  // Any thread, while the object lives: whatever waits for the server fails.
  void abort() noexcept;

 private:
  void demand(const Command& command, const std::string& wanted);
  Poco::Redis::RedisType::Ptr receive();

  const ServerAddress& address_;
  Poco::Net::Context::Ptr encryption_;
  std::chrono::milliseconds timeout_;
  Poco::Net::StreamSocket transport_;
  Poco::Net::StreamSocket socket_;  // the same, or TLS on top of it
  std::optional<Poco::Redis::RedisInputStream> input_;
  std::atomic<bool> connected_{false};
};

}  // namespace redis_client
