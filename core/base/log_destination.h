// Where the lines of a log can go: standard error, a file, syslog, journald.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/log_line.h"
#include "base/log_settings.h"
#include "base/unique_fd.h"

namespace kirsch::base {

// Opens a log file for a process that may not any more; null: nobody does. Empty: it cannot be opened. Must not throw.
using LogOpener = std::function<UniqueFd(const std::string& path)>;

class LogDestination {
 public:
  struct Progress {
    std::size_t bytes = 0;  // taken from the front
    int error = 0;          // why not all were; EAGAIN: it would have to wait
  };

  virtual ~LogDestination() = default;
  // Any thread: puts before the text of a line what the destination wants to have there.
  virtual void begin(LogLine& line, Level level) const noexcept = 0;
  // One thread at a time, never waits for a reader. `lines` are as LogLine ends them.
  virtual Progress write(std::string_view lines) noexcept = 0;
  // Not during a write. None: there is nothing to reopen. Else an errno, 0 if done; on failure all stays as it was.
  virtual std::optional<int> reopen(const LogOpener&) noexcept { return std::nullopt; }
};

// What stands before each line where the destination adds nothing of its own.
enum class LogStamp : unsigned char { none, time_and_level };

// `identifier` is the name under which syslog and journald know the log. Throws Refusal if a file cannot be opened; a
// syslog or journald that is not there may come later.
std::unique_ptr<LogDestination> open_destination(const LogTarget& target, LogStamp stamp,
                                                 const std::string& identifier);

}  // namespace kirsch::base
