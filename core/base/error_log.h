// The server's own log: lines with levels.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string_view>

#include "base/log.h"

namespace kirsch::base {

class ErrorLog final : public Log {
 public:
  static constexpr std::size_t longest_line = 4096;  // PIPE_BUF: up to that a pipe keeps a line whole

  using Sink = std::function<void(Level level, std::string_view line)>;

  // `sink` takes a line, on any thread; it must not throw.
  ErrorLog(Level least, Sink sink) : least_(least), sink_(std::move(sink)) {}

  void write(Level level, std::string_view line) noexcept override;
  bool enabled(Level level) const noexcept override { return level >= least_.load(std::memory_order_relaxed); }
  // Any thread.
  void set_least(Level least) noexcept { least_.store(least, std::memory_order_relaxed); }

 private:
  std::atomic<Level> least_;
  Sink sink_;
};

}  // namespace kirsch::base
