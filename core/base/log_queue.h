// The lines of one log on their way to its destination: bounded, and whole whatever happens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/log_destination.h"

namespace kirsch::base {

class LogQueue {
 public:
  enum class Append : std::uint8_t {
    first,  // nothing waited: whoever drains must be told
    another,
    half,     // it filled half of the room: there is haste
    dropped,  // no room
  };

  // Holds at most `limit` bytes. Lines are cut at `longest_line`.
  LogQueue(std::unique_ptr<LogDestination> destination, std::size_t limit, std::size_t longest_line)
      : destination_(std::move(destination)), limit_(limit), longest_line_(longest_line) {}
  LogQueue(const LogQueue&) = delete;
  LogQueue& operator=(const LogQueue&) = delete;

  // Any thread; touches no destination.
  Append append(Level level, std::string_view text) noexcept;
  // Any thread. Hands over what waits: how much of it, and what keeps the rest waiting.
  LogDestination::Progress drain() noexcept;
  // Any thread; waits for a drain under way. None: there is nothing to reopen. Else an errno; the lines that wait go to
  // what is open then.
  std::optional<int> reopen(const LogOpener& elsewhere) noexcept;

  // Lines dropped since the last call.
  std::uint64_t take_dropped() noexcept;
  // Lines that wait.
  std::uint64_t waiting() const noexcept;

 private:
  mutable std::mutex output_mutex_;  // held while the destination is used; taken before mutex_
  std::unique_ptr<LogDestination> destination_;
  std::string batch_;     // what the destination gets
  std::size_t sent_ = 0;  // of batch_

  mutable std::mutex mutex_;
  const std::size_t limit_;
  const std::size_t longest_line_;
  std::string waiting_;
  std::size_t unsent_ = 0;  // bytes of batch_
  std::uint64_t dropped_ = 0;
};

}  // namespace kirsch::base
