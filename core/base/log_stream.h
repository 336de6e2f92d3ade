// Logs as text in a file or on standard error.
#pragma once

#include <optional>
#include <string>

#include "base/log_destination.h"
#include "base/unique_fd.h"

namespace kirsch::base {

// The descriptor belongs to others as well, so it stays blocking; no write begins before the kernel has room for it.
class StandardError final : public LogDestination {
 public:
  explicit StandardError(LogStamp stamp, int descriptor = 2) noexcept : stamp_(stamp), descriptor_(descriptor) {}

  void begin(LogLine& line, Level level) const noexcept override;
  // Lines up to PIPE_BUF (4096 bytes) stay whole whoever else writes to the same pipe.
  Progress write(std::string_view lines) noexcept override;

 private:
  LogStamp stamp_;
  int descriptor_;
};

// Appends; made with mode 0640 if it is missing. A FIFO is opened whether or not somebody reads it.
// For appending; as root no link is followed. Empty: errno says why.
UniqueFd open_log_file(const std::string& path) noexcept;

class LogFile final : public LogDestination {
 public:
  // Throws Refusal.
  LogFile(const LogTarget& target, LogStamp stamp);

  void begin(LogLine& line, Level level) const noexcept override;
  Progress write(std::string_view lines) noexcept override;
  std::optional<int> reopen(const LogOpener& elsewhere) noexcept override;

 private:
  LogStamp stamp_;
  std::string path_;
  UniqueFd file_;
};

}  // namespace kirsch::base
