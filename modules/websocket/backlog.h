// Frames that wait because a client reads slowly, and which of them go when there are too many.
#pragma once

#include <kirsch/websocket_application.h>

#include <deque>

namespace websocket {

class Backlog {
 public:
  struct Waiting {
    kirsch::Blob frame;
    std::uint32_t room = 0;  // what it came from; 0: the application sent it to this client
    kirsch::SlowReader slow = kirsch::SlowReader::close;
  };
  enum class Taken : std::uint8_t { queued, dropped, full };

  // Beyond `limit` bytes the oldest that may go, goes; where that is not enough, the new one is `dropped` if it may go
  // itself. `full`: it may not, and was not taken.
  Taken add(Waiting waiting, std::uint64_t limit) {
    if (waiting.slow == kirsch::SlowReader::conflate && replace(waiting)) return Taken::queued;
    const auto size = waiting.frame.bytes().size();
    make_room(size, limit);
    if (bytes_ + size > limit) return waiting.slow == kirsch::SlowReader::close ? Taken::full : Taken::dropped;
    append(std::move(waiting));
    return Taken::queued;
  }
  // Whatever the limit.
  void append(Waiting waiting) {
    bytes_ += waiting.frame.bytes().size();
    frames_.push_back(std::move(waiting));
  }
  kirsch::Blob pop() {
    auto frame = std::move(frames_.front().frame);
    frames_.pop_front();
    bytes_ -= frame.bytes().size();
    return frame;
  }
  bool empty() const { return frames_.empty(); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  bool replace(Waiting& newer) {
    const auto older = std::find_if(frames_.begin(), frames_.end(), [&](const Waiting& one) {
      return one.room == newer.room && one.slow == kirsch::SlowReader::conflate;
    });
    if (older == frames_.end()) return false;
    bytes_ = bytes_ - older->frame.bytes().size() + newer.frame.bytes().size();
    *older = std::move(newer);
    return true;
  }
  void make_room(std::size_t size, std::uint64_t limit) {
    for (auto one = frames_.begin(); one != frames_.end() && bytes_ + size > limit;) {
      if (one->slow == kirsch::SlowReader::close) {
        ++one;
        continue;
      }
      bytes_ -= one->frame.bytes().size();
      one = frames_.erase(one);
    }
  }

  std::deque<Waiting> frames_;
  std::uint64_t bytes_ = 0;
};

}  // namespace websocket
