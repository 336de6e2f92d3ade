// Serialises what is logged: whether a line repeats others depends on all threads.
#include "base/error_log.h"

#include <cerrno>

namespace kirsch::base {

void ErrorLog::write(Level level, std::string_view line) noexcept {
  if (!enabled(level)) return;
  const int saved = errno;
  {
    const std::lock_guard lock(mutex_);
    repetition_.write(level, line, clock_());
  }
  errno = saved;
}

std::optional<SteadyTime> ErrorLog::tell_repetitions(bool all) noexcept {
  const std::lock_guard lock(mutex_);
  repetition_.expire(all ? SteadyTime::max() : clock_());
  return repetition_.due();
}

}  // namespace kirsch::base
