// Tells regularly that every loop is alive, and falls silent as soon as one is not.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace systemd {

// Loops keep it alive until they end.
class Heartbeat : public std::enable_shared_from_this<Heartbeat> {
 public:
  // `alive` is called on a loop, once all of `loops` have run their timers since its last call; it must not block.
  Heartbeat(std::uint32_t loops, std::chrono::milliseconds period, std::function<void()> alive);

  // Once the loops run. Any thread.
  void begin();

 private:
  void schedule(std::uint32_t loop);
  void beat(std::uint32_t loop);

  const std::uint32_t loops_;
  const std::chrono::milliseconds period_;
  const std::function<void()> alive_;
  std::mutex mutex_;
  std::vector<bool> seen_;
  std::size_t missing_;
};

}  // namespace systemd
