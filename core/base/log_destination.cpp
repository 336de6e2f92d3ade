// From the name of a destination to the destination.
#include "base/log_destination.h"

#include <array>

#include "base/log_datagrams.h"
#include "base/log_stream.h"

namespace kirsch::base {

std::string text(const LogTarget& target) {
  constexpr std::array<const char*, 3> names{"stderr", "syslog", "journald"};
  return target.kind == LogTarget::Kind::file ? target.path : names[static_cast<std::size_t>(target.kind)];
}

std::unique_ptr<LogDestination> open_destination(const LogTarget& target, LogStamp stamp,
                                                 const std::string& identifier) {
  switch (target.kind) {
    case LogTarget::Kind::syslog:
      return std::make_unique<Syslog>(identifier);
    case LogTarget::Kind::journald:
      return std::make_unique<Journald>(identifier);
    case LogTarget::Kind::file:
      return std::make_unique<LogFile>(target, stamp);
    case LogTarget::Kind::standard_error:
      break;
  }
  return std::make_unique<StandardError>(stamp);
}

}  // namespace kirsch::base
