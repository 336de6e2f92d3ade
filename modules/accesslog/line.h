// Text that is composed piece by piece, in memory that the next one uses again.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace accesslog {

// Most pieces are a few bytes: two overlapping copies of a fixed size are a third of what a call of the library costs.
inline char* put(char* to, std::string_view text) {
  const std::size_t size = text.size();
  const char* const from = text.data();
  if (size > 16) {
    std::memcpy(to, from, size);
  } else if (size >= 8) {
    std::memcpy(to, from, 8);
    std::memcpy(to + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(to, from, 4);
    std::memcpy(to + size - 4, from + size - 4, 4);
  } else if (size != 0) {
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
  return to + size;
}

// Put again and again: so its end is copied along with what is behind it, which the next piece writes over.
class Literal {
 public:
  explicit Literal(std::string text) : bytes_(std::move(text)), size_(bytes_.size()) {
    bytes_.resize((size_ + block - 1) / block * block);
  }
  // What `put` needs.
  std::size_t room() const { return bytes_.size(); }
  char* put(char* to) const {
    for (std::size_t at = 0; at < size_; at += block) std::memcpy(to + at, bytes_.data() + at, block);
    return to + size_;
  }

 private:
  static constexpr std::size_t block = 16;

  std::string bytes_;
  std::size_t size_;
};

class Line {
 public:
  char* begin() { return bytes_.get(); }
  // `to` is where the text from begin() on ends so far. Where it ends from now on, with room for so many bytes more.
  char* room(char* to, std::size_t size) { return static_cast<std::size_t>(end_ - to) < size ? wider(to, size) : to; }
  // From begin() on.
  std::string_view until(const char* to) const { return {bytes_.get(), static_cast<std::size_t>(to - bytes_.get())}; }

 private:
  char* wider(const char* to, std::size_t size) {
    const auto text = until(to);
    const std::size_t capacity = 2 * text.size() + size + 240;
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    char* const end = put(bytes.get(), text);
    bytes_ = std::move(bytes);
    end_ = bytes_.get() + capacity;
    return end;
  }

  std::unique_ptr<char[]> bytes_;
  char* end_ = nullptr;
};

}  // namespace accesslog
