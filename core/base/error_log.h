// The server's own log: lines with levels, of which those that repeat themselves are held back.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/repetition.h"

namespace kirsch::base {

class ErrorLog final : public Log {
 public:
  static constexpr std::size_t longest_line = 4096;  // PIPE_BUF: up to that a pipe keeps a line whole

  using Clock = SteadyTime (*)() noexcept;

  // `sink` takes a line, on any thread; it must not throw.
  ErrorLog(Level least, Repetition::Sink sink, Clock clock = steady_now)
      : least_(least), clock_(clock), repetition_(std::move(sink)) {}

  void write(Level level, std::string_view line) noexcept override;
  bool enabled(Level level) const noexcept override { return level >= least_.load(std::memory_order_relaxed); }
  // Any thread.
  void set_least(Level least) noexcept { least_.store(least, std::memory_order_relaxed); }

  // Any thread. Says what was held back, where its time is over (`all`: also where it is not). When to call again, if
  // something is held back.
  std::optional<SteadyTime> tell_repetitions(bool all = false) noexcept;

 private:
  std::atomic<Level> least_;
  Clock clock_;
  std::mutex mutex_;
  Repetition repetition_;
};

}  // namespace kirsch::base
