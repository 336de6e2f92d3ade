// The threads that serve: loops with their connections, and the workers.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "config/configuration.h"
#include "http/connections.h"
#include "net/listener.h"
#include "pipeline/dispatcher.h"
#include "pipeline/host.h"

namespace kirsch::server {

class Loops {
 public:
  // By listener, then by loop.
  using Listeners = std::vector<std::vector<net::Listener>>;

  static unsigned count(const config::ServerSettings& settings);

  // Everything but configuration and `state`, the directory of the server, must outlive it; what modules post or submit
  // after `stop` is refused. Makes the loops; starts no thread but the workers. Throws base::Refusal.
  Loops(unsigned loops, const config::Configuration& configuration, base::Log& log,
        const pipeline::Generation& generation, pipeline::Host& host, const std::filesystem::path& state);
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;
  // Ends what `stop` did not.
  ~Loops();

  // Starts to accept. Throws base::Refusal.
  void start(const Listeners& listeners);

  // Accepts no more, serves what was accepted for at most `drain`, closes idle connections once nothing is in flight,
  // ends the threads. Blocks. False: work on a worker did not end in time; those threads are abandoned and nothing here
  // may be destroyed any more.
  bool stop(std::chrono::milliseconds drain) noexcept;
  // Any thread: a stop under way ends the drain now.
  void force() noexcept;

 private:
  class Lane;

  void set_limits(const std::vector<config::ListenerSettings>& listeners, const config::LimitSettings& common,
                  unsigned loops);
  void watch(const std::stop_token& stop);
  bool drained_within(std::chrono::milliseconds drain) noexcept;
  bool workers_ended() noexcept;

  base::Log& log_;
  std::vector<http::Limits> limits_;  // the server's, then those of listeners that have their own
  std::vector<std::size_t> limits_of_listener_;
  http::ClientSeats seats_;
  pipeline::Dispatcher::Bodies bodies_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t drained_ = 0;
  bool forced_ = false;
  bool stopped_ = false;
  std::unique_ptr<pipeline::WorkerPool> workers_;
  std::optional<pipeline::StepWatch> watch_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::jthread watcher_;
};

}  // namespace kirsch::server
