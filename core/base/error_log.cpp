// Logging is a part of many failures, so it leaves errno as it was.
#include "base/error_log.h"

#include <cerrno>

namespace kirsch::base {

void ErrorLog::write(Level level, std::string_view line) noexcept {
  if (!enabled(level)) return;
  const int saved = errno;
  sink_(level, line);
  errno = saved;
}

}  // namespace kirsch::base
