// The logs of a server as the configuration declares them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/log.h"

namespace kirsch::base {

struct LogTarget {
  enum class Kind : std::uint8_t { standard_error, syslog, journald, file };
  Kind kind = Kind::standard_error;
  std::string path = {};  // of a file, absolute
  Position origin = {};   // in the configuration; file empty: unknown
};

// "stderr", "syslog", "journald" or the path.
std::string text(const LogTarget& target);

struct LogSettings {
  struct Named {
    std::string name;
    LogTarget target;
  };
  LogTarget error = {};
  Level level = Level::info;  // of the error log
  std::vector<Named> named = {};
  std::size_t queue = 0;  // bytes that may wait for one destination
};

}  // namespace kirsch::base
