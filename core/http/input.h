// Bytes that were received and not yet consumed. Most requests never need it: they are consumed where they arrived.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include "base/page.h"

namespace kirsch::http {

class Input {
 public:
  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }
  char* data() { return room_.bytes() + begin_; }

  // Moves what is there if there is no room behind it.
  void append(std::span<const char> more) {
    if (more.empty()) return;
    if (room_.size() - end_ < more.size()) make_room(more.size());
    std::memcpy(room_.bytes() + end_, more.data(), more.size());
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
    if (room_.size() > base::page_size) room_ = {};
  }

 private:
  class Room {
   public:
    Room() = default;
    explicit Room(std::size_t size) : size_(size), bytes_(base::take_memory(size)) {}
    Room(Room&& other) noexcept { *this = std::move(other); }
    Room& operator=(Room&& other) noexcept {
      std::swap(size_, other.size_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Room() { base::give_memory(bytes_, size_); }

    std::size_t size() const { return size_; }
    char* bytes() const { return static_cast<char*>(bytes_); }

   private:
    std::size_t size_ = 0;
    void* bytes_ = nullptr;
  };

  void make_room(std::size_t more) {
    const std::size_t held = size();
    std::size_t room = room_.size() == 0 ? base::page_size : room_.size();
    while (room - held < more || held > room / 2) room *= 2;  // at least half free, so moving stays linear
    if (room == room_.size()) {
      std::memmove(room_.bytes(), data(), held);
    } else {
      Room wider(room);
      if (held != 0) std::memcpy(wider.bytes(), data(), held);
      room_ = std::move(wider);
    }
    begin_ = 0;
    end_ = held;
  }

  Room room_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace kirsch::http
