// Time that passes only when it is told to, for the threads that want it instead of the machine's.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>

#include "base/clock.h"

namespace kirsch::testing {

// Begins at the machine's time. The library defines clock_gettime, time and gettimeofday for the whole process; on
// threads without a Clock they answer as ever.
class Clock {
 public:
  Clock() noexcept;

  // While one lives, the time of this thread is that clock's.
  class Use {
   public:
    explicit Use(const Clock& clock) noexcept;
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    const Clock* const outer_;
  };

  // None: of no such clock, as those of processor time.
  std::optional<timespec> time(clockid_t clock) const noexcept;
  base::SteadyTime now() const noexcept;
  void move_to(base::SteadyTime time) noexcept;  // never back

  // The machine's.
  static base::SteadyTime real_now() noexcept;

 private:
  timespec wall_, steady_, boot_;         // at the beginning
  std::atomic<std::int64_t> passed_ = 0;  // nanoseconds since then
};

}  // namespace kirsch::testing
