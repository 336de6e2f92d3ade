// Where the core writes its own messages to. What becomes of them is decided in logs.h.
#pragma once

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

}  // namespace kirsch::base
