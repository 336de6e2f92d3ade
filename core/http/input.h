// Bytes that were received and not yet consumed. Most requests never need it: they are consumed where they arrived.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace kirsch::http {

class Input {
 public:
  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }
  char* data() { return bytes_.get() + begin_; }

  // Moves what is there if there is no room behind it.
  void append(std::span<const char> more) {
    if (more.empty()) return;
    if (room_ - end_ < more.size()) make_room(more.size());
    std::memcpy(bytes_.get() + end_, more.data(), more.size());
    end_ += more.size();
  }

  // From the front.
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // Empties it; gives back memory beyond what a usual head needs.
  void clear() {
    begin_ = end_ = 0;
    if (room_ > usual_room) {
      bytes_.reset();
      room_ = 0;
    }
  }

 private:
  static constexpr std::size_t usual_room = 4096;

  void make_room(std::size_t more) {
    const std::size_t held = size();
    std::size_t room = room_ == 0 ? usual_room : room_;
    while (room - held < more || held > room / 2) room *= 2;  // at least half free, so moving stays linear
    if (room == room_) {
      std::memmove(bytes_.get(), data(), held);
    } else {
      auto wider = std::make_unique_for_overwrite<char[]>(room);
      if (held != 0) std::memcpy(wider.get(), data(), held);
      bytes_ = std::move(wider);
      room_ = room;
    }
    begin_ = 0;
    end_ = held;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t room_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace kirsch::http
