// Frames that wait because a client reads slowly, and which of them go when there are too many.
#pragma once

#include <kirsch/websocket_application.h>

#include <algorithm>
#include <list>

namespace websocket {

class Backlog {
 public:
  struct Waiting {
    kirsch::Blob frame;
    std::uint32_t room = 0;  // what it came from; 0: the application sent it to this client
    kirsch::SlowReader slow = kirsch::SlowReader::close;
  };
  enum class Taken : std::uint8_t { queued, dropped, full };

  // Counted for a frame beside its bytes: where it stands here, and what its blob needs.
  static constexpr std::uint64_t frame_cost = 128;

  // Beyond `limit` the oldest that may go, goes; where that is not enough, the new one is `dropped` if it may go
  // itself. `full`: it may not, and was not taken.
  Taken add(Waiting waiting, std::uint64_t limit) {
    if (waiting.slow == kirsch::SlowReader::conflate && replace(waiting)) {
      make_room(0, limit);
      return Taken::queued;
    }
    const auto cost = waiting.frame.bytes().size() + frame_cost;
    make_room(cost, limit);
    if (costs() + cost > limit) return waiting.slow == kirsch::SlowReader::close ? Taken::full : Taken::dropped;
    append(std::move(waiting));
    return Taken::queued;
  }
  // Whatever the limit.
  void append(Waiting waiting) {
    bytes_ += waiting.frame.bytes().size();
    own_ += waiting.room == 0 ? 1 : 0;
    frames_.push_back(std::move(waiting));
  }
  kirsch::Blob pop() {
    auto frame = frames_.front().frame;
    erase(frames_.begin());
    return frame;
  }
  bool empty() const { return frames_.empty(); }
  bool has_own() const { return own_ != 0; }  // frames that come from no room
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t costs() const { return bytes_ + frames_.size() * frame_cost; }

  bool replace(Waiting& newer) {
    const auto older = std::find_if(frames_.begin(), frames_.end(), [&](const Waiting& one) {
      return one.room == newer.room && one.slow == kirsch::SlowReader::conflate;
    });
    if (older == frames_.end()) return false;
    bytes_ = bytes_ - older->frame.bytes().size() + newer.frame.bytes().size();
    *older = std::move(newer);
    return true;
  }
  void make_room(std::uint64_t cost, std::uint64_t limit) {
    for (auto one = frames_.begin(); one != frames_.end() && costs() + cost > limit;) {
      if (one->slow == kirsch::SlowReader::close) {
        ++one;
        continue;
      }
      one = erase(one);
    }
  }
  std::list<Waiting>::iterator erase(std::list<Waiting>::iterator one) {
    bytes_ -= one->frame.bytes().size();
    own_ -= one->room == 0 ? 1 : 0;
    return frames_.erase(one);
  }

  std::list<Waiting> frames_;  // takes no memory while it is empty
  std::uint64_t bytes_ = 0;
  std::size_t own_ = 0;
};

}  // namespace websocket
