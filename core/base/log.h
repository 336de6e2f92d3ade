// Where the core writes its own messages to, and the simplest such place: standard error.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace kirsch::base {

// The numbers of kirsch_level.
enum class Level : std::uint8_t { debug = 0, info = 1, warning = 2, error = 3 };

std::string_view name(Level level) noexcept;

class Log {
 public:
  // Any thread; never blocks for long, never throws. `line` opens with the component ("net: …"), has no line end, and
  // may hold bytes of a client: the implementation escapes them.
  virtual void write(Level level, std::string_view line) noexcept = 0;
  // Any thread. False: a line of that level would be dropped, so there is no need to compose it.
  virtual bool enabled(Level) const noexcept { return true; }

 protected:
  ~Log() = default;
};

// One line and one write(2) per message: "2026-01-31T12:00:00.123Z warning net: …". Bytes outside of printable ASCII
// appear as \xHH; what makes a line longer than PIPE_BUF (4096, up to which a pipe keeps lines whole) is cut.
class StandardErrorLog final : public Log {
 public:
  explicit StandardErrorLog(Level least = Level::info, int descriptor = 2) noexcept
      : least_(least), descriptor_(descriptor) {}

  void write(Level level, std::string_view line) noexcept override;
  bool enabled(Level level) const noexcept override { return level >= least_.load(std::memory_order_relaxed); }
  // Any thread.
  void set_least(Level least) noexcept { least_.store(least, std::memory_order_relaxed); }

 private:
  std::atomic<Level> least_;
  int descriptor_;
};

}  // namespace kirsch::base
