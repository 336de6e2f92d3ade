// The fields of the head before. Clients say most of theirs again, in the same order and byte by byte: what was legal
// then is not searched again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "kirsch/abi.h"

namespace kirsch::http {

class RepeatedFields {
 public:
  struct Line {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;  // with its line end
    std::uint32_t value_size = 0;
    std::uint16_t value = 0;  // where it begins in the line
    std::uint16_t name_size = 0;
    std::uint16_t id = 0;

    kirsch_field field(const char* line) const { return {line, line + value, value_size, name_size, id}; }
  };

  // The line that was the `number`th, if the bytes from `at` on are the same. Reads nothing from `end` on.
  const Line* find(std::size_t number, const char* at, const char* end) const {
    if (number >= count_) return nullptr;
    const Line& line = lines_[number];
    if (static_cast<std::size_t>(end - at) < line.size) return nullptr;
    return std::memcmp(at, bytes_.data() + line.begin, line.size) == 0 ? &line : nullptr;
  }

  // All lines, if those from `at` on are the same, whatever follows them; else none.
  std::span<const Line> find_all(const char* at, const char* end) const {
    const bool there = block_size_ != 0 && static_cast<std::size_t>(end - at) >= block_size_;
    return {lines_.data(), there && std::memcmp(at, bytes_.data(), block_size_) == 0 ? count_ : 0};
  }

  std::size_t size() const { return block_size_; }  // of all lines; 0: not all of them are here
  // Whether these are all lines, and no others were there.
  bool whole(std::size_t count) const { return block_size_ != 0 && count == count_; }

  // In place of those before: the fields of `block`, whose lines are whole and follow each other. As many as there is
  // room for.
  void remember(std::string_view block, std::span<const kirsch_field> fields);

 private:
  std::array<char, 2048> bytes_;
  std::array<Line, 32> lines_;
  std::size_t count_ = 0;
  std::size_t block_size_ = 0;
};

}  // namespace kirsch::http
