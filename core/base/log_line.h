// One line of a log while it is composed: of bounded length, and nothing but printable ASCII before its end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kirsch::base {

class LogLine {
 public:
  static constexpr std::size_t largest = 64 * 1024;

  // At most `longest` bytes with the line end.
  explicit LogLine(std::size_t longest = largest) noexcept : longest_(longest) {}

  // `text` is printable ASCII and fits.
  void append(std::string_view text) noexcept;
  // Bytes outside of printable ASCII become \xHH. What is too long is cut and marked.
  void append_escaped(std::string_view text) noexcept;
  // With its line end, until clear(); nothing is appended before.
  std::string_view ended() noexcept;
  // An empty one again, with the memory that it has.
  void clear() noexcept { bytes_.clear(); }

 private:
  std::size_t room() const noexcept { return longest_ - 1 - bytes_.size(); }
  void cut() noexcept;

  std::size_t longest_;
  std::string bytes_;
};

}  // namespace kirsch::base
