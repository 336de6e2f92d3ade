// One line of a log while it is composed: of bounded length, and nothing but printable ASCII before its end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kirsch::base {

class LogLine {
 public:
  static constexpr std::size_t largest = 64 * 1024;

  // At most `longest` bytes with the line end, behind `lines`, which must outlive it and is changed by nobody else
  // meanwhile.
  explicit LogLine(std::string& lines, std::size_t longest = largest) noexcept
      : bytes_(lines), begin_(lines.size()), longest_(longest) {}
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  // `text` is printable ASCII and fits.
  void append(std::string_view text) noexcept;
  // Bytes outside of printable ASCII become \xHH. What is too long is cut and marked.
  void append_escaped(std::string_view text) noexcept;
  // With its line end; nothing is appended any more.
  std::string_view ended() noexcept;

 private:
  std::size_t size() const noexcept { return bytes_.size() - begin_; }
  std::size_t room() const noexcept { return longest_ - 1 - size(); }
  void cut() noexcept;

  std::string& bytes_;
  std::size_t begin_;  // of the line in bytes_
  std::size_t longest_;
};

}  // namespace kirsch::base
