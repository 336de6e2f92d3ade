// A buffer is filled while what another held is written, so many lines cost one system call.
#include "base/log_queue.h"

#include <algorithm>
#include <utility>

namespace kirsch::base {

namespace {

std::size_t number_of_this_thread() noexcept {
  static std::atomic<std::size_t> threads = 0;
  thread_local const std::size_t number = threads++;
  return number;
}

}  // namespace

LogQueue::LogQueue(std::unique_ptr<LogDestination> destination, std::size_t limit, std::size_t longest_line,
                   std::size_t buffers)
    : destination_(std::move(destination)), limit_(limit), longest_line_(longest_line) {
  for (std::size_t count = 0; count < buffers; ++count) buffers_.push_back(std::make_unique<Buffer>());
}

LogQueue::Append LogQueue::append(Level level, std::string_view text) noexcept {
  Buffer& buffer = *buffers_[number_of_this_thread() % buffers_.size()];
  const std::lock_guard lock(buffer.mutex);
  const std::size_t before = buffer.waiting.size();
  LogLine line(buffer.waiting, longest_line_);
  destination_->begin(line, level);
  line.append_escaped(text);
  const std::size_t size = line.ended().size();
  const std::size_t held = held_.fetch_add(size);
  if (size > limit_ - std::min(limit_, held)) {
    buffer.waiting.resize(before);
    held_ -= size;
    ++dropped_;
    return Append::dropped;
  }
  const std::size_t half = limit_ / 2;
  if (held < half && held + size >= half) return Append::half;
  return before == 0 ? Append::first : Append::another;
}

LogDestination::Progress LogQueue::drain() noexcept {
  LogDestination::Progress total;
  const std::lock_guard output(output_mutex_);
  std::size_t batches = 0;
  while (sent_ != batch_.size() || (batches++ < buffers_.size() && take_batch())) {
    const auto progress = destination_->write(std::string_view(batch_).substr(sent_));
    sent_ += progress.bytes;
    held_ -= progress.bytes;
    total.bytes += progress.bytes;
    total.error = progress.error;
    if (total.error != 0) break;
  }
  return total;
}

// The buffers in turn, so that a busy one does not keep the others waiting. False: all are empty.
bool LogQueue::take_batch() noexcept {
  constexpr std::size_t kept_capacity = 256 * 1024;
  batch_.clear();
  if (batch_.capacity() > kept_capacity) batch_ = std::string();
  sent_ = 0;
  for (std::size_t tried = 0; tried < buffers_.size() && batch_.empty(); ++tried) {
    Buffer& buffer = *buffers_[next_buffer_];
    next_buffer_ = (next_buffer_ + 1) % buffers_.size();
    const std::lock_guard lock(buffer.mutex);
    if (!buffer.waiting.empty()) batch_.swap(buffer.waiting);  // an empty one would keep the memory for itself
  }
  return !batch_.empty();
}

std::optional<int> LogQueue::reopen(const LogOpener& elsewhere) noexcept {
  const std::lock_guard output(output_mutex_);
  const auto error = destination_->reopen(elsewhere);
  if (error != 0 || sent_ == 0) return error;
  // A line that is half in the old file is written whole to the new one.
  const auto before = batch_.rfind('\n', sent_ - 1);
  const std::size_t start = before == batch_.npos ? 0 : before + 1;
  held_ += sent_ - start;
  sent_ = start;
  return error;
}

std::uint64_t LogQueue::take_dropped() noexcept { return dropped_.exchange(0); }

std::uint64_t LogQueue::waiting() const noexcept {
  const std::lock_guard output(output_mutex_);
  auto lines = std::count(batch_.begin() + static_cast<std::ptrdiff_t>(sent_), batch_.end(), '\n');
  for (const auto& buffer : buffers_) {
    const std::lock_guard lock(buffer->mutex);
    lines += std::count(buffer->waiting.begin(), buffer->waiting.end(), '\n');
  }
  return static_cast<std::uint64_t>(lines);
}

}  // namespace kirsch::base
