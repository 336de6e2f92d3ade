// The lines of one log on their way to its destination: bounded, and whole whatever happens.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log_destination.h"
#include "base/log_line.h"

namespace kirsch::base {

class LogQueue {
 public:
  enum class Append : std::uint8_t {
    first,  // of those that wait in its buffer: whoever drains must be told
    another,
    half,     // it filled half of the room: there is haste
    dropped,  // no room
  };

  // Holds at most `limit` bytes. Lines are cut at `longest_line`. With one buffer lines keep their order; with several
  // those of each thread do, and as many threads never wait for each other.
  LogQueue(std::unique_ptr<LogDestination> destination, std::size_t limit, std::size_t longest_line,
           std::size_t buffers = 1);
  LogQueue(const LogQueue&) = delete;
  LogQueue& operator=(const LogQueue&) = delete;

  // Any thread; touches no destination.
  Append append(Level level, std::string_view text) noexcept;
  // Any thread. Hands over what waits: how much of it, and what keeps the rest waiting. Each buffer has one turn:
  // whoever logs without end keeps neither a reopening nor other logs waiting, and has been told `first` for what comes
  // later.
  LogDestination::Progress drain() noexcept;
  // Any thread; waits for a drain under way. None: there is nothing to reopen. Else an errno; the lines that wait go to
  // what is open then.
  std::optional<int> reopen(const LogOpener& elsewhere) noexcept;

  // Lines dropped since the last call.
  std::uint64_t take_dropped() noexcept;
  // Lines that wait.
  std::uint64_t waiting() const noexcept;

 private:
  // Aligned so that threads share no cache line.
  struct alignas(64) Buffer {
    mutable std::mutex mutex;
    std::string waiting;
  };
  bool take_batch() noexcept;

  mutable std::mutex output_mutex_;  // held while the destination is used; taken before that of a buffer
  std::unique_ptr<LogDestination> destination_;
  std::string batch_;            // what the destination gets
  std::size_t sent_ = 0;         // of batch_
  std::size_t next_buffer_ = 0;  // where the next batch is looked for

  const std::size_t limit_;
  const std::size_t longest_line_;
  std::vector<std::unique_ptr<Buffer>> buffers_;
  std::atomic<std::size_t> held_ = 0;  // bytes in all buffers and in the rest of batch_
  std::atomic<std::uint64_t> dropped_ = 0;
};

}  // namespace kirsch::base
