// Escapes runs at a time: nearly all bytes are plain.
#include "base/log_line.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace kirsch::base {
namespace {

bool printable(char character) noexcept { return character >= 0x20 && character < 0x7f; }

// How much of the front of `text` is printable ASCII. Of eight bytes at once the sums have a top bit set where one is
// not: only above the first such byte a carry may have set it too.
std::size_t printable_front(std::string_view text) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  std::size_t at = 0;
  for (std::uint64_t block = 0; text.size() - at >= sizeof block; at += sizeof block) {
    std::memcpy(&block, text.data() + at, sizeof block);
    if ((((block - ones * 0x20) | block | (block + ones)) & ones * 0x80) != 0) break;
  }
  while (at < text.size() && printable(text[at])) ++at;
  return at;
}

}  // namespace

void LogLine::append(std::string_view text) noexcept { bytes_.append(text.substr(0, room())); }

void LogLine::append_escaped(std::string_view text) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  bytes_.reserve(bytes_.size() + std::min(text.size(), room()) + 1);
  while (!text.empty()) {
    const auto run = printable_front(text);
    const bool fits = run <= room();
    append(text.substr(0, run));
    if (!fits) return cut();
    text.remove_prefix(run);
    if (text.empty()) return;
    const auto byte = static_cast<unsigned char>(text.front());
    if (room() < 4) return cut();
    bytes_.append({'\\', 'x', digits[byte >> 4], digits[byte & 15]});
    text.remove_prefix(1);
  }
}

void LogLine::cut() noexcept {
  constexpr std::string_view mark = " [cut]";
  bytes_.resize(std::min(bytes_.size(), longest_ - 1 - mark.size()));
  append(mark);
}

std::string_view LogLine::ended() noexcept {
  bytes_ += '\n';
  return bytes_;
}

}  // namespace kirsch::base
