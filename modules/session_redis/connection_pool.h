// A few connections to one Redis server, used on workers. What fails once is asked no more: until one prober finds the
// server well again, every call is answered at once.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "redis_client/connection.h"

namespace session_redis {

using redis_client::Command;
using redis_client::Connection;
using redis_client::Refusal;
using redis_client::Reply;

struct PoolSettings {
  redis_client::ServerAddress address;
  std::size_t connections = 1;
  std::chrono::milliseconds timeout{};  // within which a call is answered, whatever the server does
  std::size_t queue = 0;                // calls that may wait
};

// What came of a call; any thread, no lock held, must not throw. Null: the server is not available.
using Then = std::function<void(const Reply*)>;

// Lives as long as its tasks and timers. Any thread.
class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
 public:
  // Throws kirsch::OptionError.
  explicit ConnectionPool(PoolSettings settings)
      : settings_(std::move(settings)), encryption_(redis_client::encryption(settings_.address)) {}

  // `then` is called exactly once, perhaps before this returns. A refusal of the server is the reply { "refused", its
  // words }.
  void call(Command command, Then then);
  void end();  // the instance goes

 private:
  using Clock = std::chrono::steady_clock;

  // A call, and that it is answered: at the latest when it is destroyed.
  struct Call {
    Command command;
    Then then;
    Clock::time_point deadline;

    Call() = default;
    Call(Command asked, Then told, Clock::time_point latest)
        : command(std::move(asked)), then(std::move(told)), deadline(latest) {}
    Call(Call&& other) noexcept { *this = std::move(other); }
    Call& operator=(Call&& other) noexcept {
      command.swap(other.command);
      then.swap(other.then);
      std::swap(deadline, other.deadline);
      return *this;
    }
    ~Call() { answer(nullptr); }
    void answer(const Reply* reply) {
      if (const auto told = std::exchange(then, nullptr)) told(reply);
    }
  };
  // What a worker does at this moment: the watch ends it at its deadline.
  struct Active {
    Then then;
    Connection* connection = nullptr;
    Clock::time_point deadline = Clock::time_point::max();
  };
  class Runner;
  class Probe;

  void run(Runner&& runner);
  bool serve(Active& active, std::unique_ptr<Connection>& connection, Call& call);
  void runner_ended();
  void trip(const std::string& reason);
  void probe();
  void probe_later();
  void watch();

  const PoolSettings settings_;
  const Poco::Net::Context::Ptr encryption_;
  std::mutex mutex_;  // never held while a network or an answer is
  std::deque<Call> queue_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::vector<Active*> active_;
  std::size_t runners_ = 0;
  bool down_ = false;
  bool ended_ = false;
  bool watching_ = false;
  std::chrono::milliseconds next_probe_{};
  std::string last_refusal_;
};

}  // namespace session_redis
