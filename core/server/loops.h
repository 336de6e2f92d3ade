// The threads that serve: loops with their connections, and the workers.
#pragma once

#include <condition_variable>
#include <deque>
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
#include "server/inheritance.h"
#include "server/tls_listeners.h"

namespace kirsch::server {

class Loops {
 public:
  // What becomes of connections that wait for a request when the server ends: where another process takes over they
  // stay until their next answer, which says that it is the last.
  enum class Idle : std::uint8_t { close, keep };
  struct Load {
    std::size_t requests = 0;  // in flight
    std::size_t connections = 0;
    std::chrono::milliseconds drain_left{};  // of a drain that is under way
  };

  static unsigned count(const config::ServerSettings& settings);

  // Everything but configuration and `state`, the directory of the server, must outlive it; what modules post or submit
  // after `stop` is refused. Makes the loops; starts no thread but the workers. Throws base::Refusal.
  Loops(unsigned loops, const config::Configuration& configuration, base::Log& log,
        const pipeline::Generation& generation, pipeline::Host& host, const std::filesystem::path& state,
        TlsListeners& tls);
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;
  // Ends what `stop` did not.
  ~Loops();

  // Starts to accept; the sockets of a listener are spread over the loops, however many they are. Throws base::Refusal.
  void start(const std::vector<BoundListener>& listeners);

  // Accepts no more, serves what was accepted for at most `drain`, ends the threads. Blocks. False: work on a worker
  // did not end in time; those threads are abandoned and nothing here may be destroyed any more.
  bool stop(std::chrono::milliseconds drain, Idle idle = Idle::close) noexcept;
  // Any thread: a stop under way ends the drain now.
  void force() noexcept;
  // Leaves new connections to others, and what comes on open ones after their next answer: returns when all loops do
  // so, or after a second. Any thread but those of loops, between start and stop.
  void retire();
  // Any thread but those of loops, between start and the end of stop: what the loops say within a second.
  Load load();

 private:
  class Lane;
  struct Survey;

  void set_limits(const std::vector<config::ListenerSettings>& listeners, const config::LimitSettings& common,
                  unsigned loops);
  template <class Work>
  Load ask_all(Work work);
  void watch(const std::stop_token& stop);
  bool drained_within(std::chrono::milliseconds drain) noexcept;
  bool workers_ended() noexcept;

  base::Log& log_;
  TlsListeners& tls_;
  std::vector<net::tls::Layer::Settings> handshakes_;  // by limits, of each loop
  std::vector<http::Limits> limits_;                   // the server's, then those of listeners that have their own
  std::vector<std::size_t> limits_of_listener_;
  std::optional<http::Capacity> descriptors_;
  std::deque<http::Capacity> capacities_;  // one for each of limits_
  http::ClientSeats seats_;
  pipeline::Dispatcher::Bodies bodies_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t drained_ = 0;
  bool forced_ = false;
  bool stopped_ = false;
  std::optional<std::chrono::steady_clock::time_point> drain_end_;
  std::unique_ptr<pipeline::WorkerPool> workers_;
  std::optional<pipeline::StepWatch> watch_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::jthread watcher_;
};

}  // namespace kirsch::server
