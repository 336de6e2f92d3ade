// Two buffers: one is filled while the other is written, so many lines cost one system call.
#include "base/log_queue.h"

#include <algorithm>
#include <utility>

namespace kirsch::base {

LogQueue::Append LogQueue::append(Level level, std::string_view text) noexcept {
  LogLine line(longest_line_);
  destination_->begin(line, level);
  line.append_escaped(text);
  const std::string_view bytes = line.ended();
  const std::lock_guard lock(mutex_);
  const std::size_t held = waiting_.size() + unsent_;
  if (bytes.size() > limit_ - std::min(limit_, held)) {
    ++dropped_;
    return Append::dropped;
  }
  waiting_ += bytes;
  const std::size_t half = limit_ / 2;
  if (held < half && held + bytes.size() >= half) return Append::half;
  return held == 0 ? Append::first : Append::another;
}

LogDestination::Progress LogQueue::drain() noexcept {
  LogDestination::Progress total;
  constexpr std::size_t kept_capacity = 256 * 1024;
  const std::lock_guard output(output_mutex_);
  for (;;) {
    if (sent_ == batch_.size()) {
      batch_.clear();
      if (batch_.capacity() > kept_capacity) batch_ = std::string();
      sent_ = 0;
      const std::lock_guard lock(mutex_);
      batch_.swap(waiting_);
      unsent_ = batch_.size();
      if (batch_.empty()) return total;
    }
    const auto progress = destination_->write(std::string_view(batch_).substr(sent_));
    sent_ += progress.bytes;
    total.bytes += progress.bytes;
    total.error = progress.error;
    const std::lock_guard lock(mutex_);
    unsent_ -= progress.bytes;
    if (total.error != 0) return total;
  }
}

std::optional<int> LogQueue::reopen(const LogOpener& elsewhere) noexcept {
  const std::lock_guard output(output_mutex_);
  const auto error = destination_->reopen(elsewhere);
  if (error != 0 || sent_ == 0) return error;
  // A line that is half in the old file is written whole to the new one.
  const auto before = batch_.rfind('\n', sent_ - 1);
  const std::size_t start = before == batch_.npos ? 0 : before + 1;
  const std::lock_guard lock(mutex_);
  unsent_ += sent_ - start;
  sent_ = start;
  return error;
}

std::uint64_t LogQueue::take_dropped() noexcept {
  const std::lock_guard lock(mutex_);
  return std::exchange(dropped_, 0);
}

std::uint64_t LogQueue::waiting() const noexcept {
  const std::lock_guard output(output_mutex_);
  const std::lock_guard lock(mutex_);
  const auto lines = std::count(batch_.begin() + static_cast<std::ptrdiff_t>(sent_), batch_.end(), '\n') +
                     std::count(waiting_.begin(), waiting_.end(), '\n');
  return static_cast<std::uint64_t>(lines);
}

}  // namespace kirsch::base
