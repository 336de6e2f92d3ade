// Escapes runs at a time: nearly all bytes are plain.
#include "base/log_line.h"

#include <algorithm>

namespace kirsch::base {
namespace {

bool plain(char character) noexcept { return character >= 0x20 && character < 0x7f; }

}  // namespace

void LogLine::append(std::string_view text) noexcept {
  const std::size_t size = std::min(text.size(), room());
  std::copy_n(text.data(), size, bytes_.data() + size_);
  size_ += size;
}

void LogLine::append_escaped(std::string_view text) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  while (!text.empty()) {
    const auto run = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), plain) - text.begin());
    const bool fits = run <= room();
    append(text.substr(0, run));
    if (!fits) return cut();
    text.remove_prefix(run);
    if (text.empty()) return;
    const auto byte = static_cast<unsigned char>(text.front());
    const std::array<char, 4> escape{'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    if (escape.size() > room()) return cut();
    append({escape.data(), escape.size()});
    text.remove_prefix(1);
  }
}

void LogLine::cut() noexcept {
  constexpr std::string_view mark = " [cut]";
  size_ = std::min(size_, longest_ - 1 - mark.size());
  append(mark);
}

std::string_view LogLine::ended() noexcept {
  bytes_[size_++] = '\n';
  return {bytes_.data(), size_};
}

}  // namespace kirsch::base
