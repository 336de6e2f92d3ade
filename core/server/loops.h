// The threads that serve: loops with their connections, and the workers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "config/configuration.h"
#include "pipeline/host.h"
#include "pipeline/step_watch.h"
#include "server/client_limits.h"
#include "server/expiry_watch.h"
#include "server/lane.h"

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
  Loops(unsigned loops, const config::Configuration& configuration, base::Log& log, pipeline::Host& host,
        const std::filesystem::path& state, ExpiryWatch& dates);
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;
  // Ends what `stop` did not.
  ~Loops();

  // What the clients of its listeners may cost. The thread of the bus.
  std::vector<std::shared_ptr<ClientLimits>> limits(const config::Configuration& configuration,
                                                    const std::vector<std::uint32_t>& numbers) {
    return limits_.of(configuration, numbers);
  }
  // Starts to serve. Throws base::Refusal.
  void start(const Turnover& turnover);
  // Goes over to another generation, or other listeners, while clients come. Returns when all loops have done so.
  // False: one of them is busy with something that does not end; it will later. Any thread but those of loops.
  bool turn_over(const std::shared_ptr<const Turnover>& turnover);

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
  struct Survey;

  template <class Work>
  std::pair<Load, bool> ask_all(std::chrono::milliseconds patience, Work work);
  void watch(const std::stop_token& stop);
  bool drained_within(std::chrono::milliseconds drain) noexcept;
  bool workers_ended() noexcept;

  base::Log& log_;
  ExpiryWatch& dates_;
  ClientLimitsTable limits_;
  http::ClientSeats seats_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t drained_ = 0;
  bool forced_ = false;
  bool stopped_ = false;
  std::optional<std::chrono::steady_clock::time_point> drain_end_;
  std::optional<pipeline::StepWatch> watch_;
  std::unique_ptr<pipeline::WorkerPool> workers_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::jthread watcher_;
};

}  // namespace kirsch::server
