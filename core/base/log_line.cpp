// Escapes runs at a time: nearly all bytes are plain.
#include "base/log_line.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace kirsch::base {
namespace {

bool printable(char character) noexcept { return character >= 0x20 && character < 0x7f; }

// How much of the front of `text` is printable ASCII. Of eight bytes at once the sums have a top bit set where one is
// not: only above the first such byte a carry may have set it too.
std::size_t printable_front(std::string_view text) noexcept {
#if defined(__SSE2__)
  if (text.size() >= 16) {
    const std::size_t last = text.size() - 16;
    for (std::size_t from = 0;; from = std::min(from + 16, last)) {  // the last block may overlap the one before
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + from));
      // As signed numbers bytes above 0x7f are below the space too.
      const __m128i strange =
          _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7f)));
      const auto mask = static_cast<unsigned>(_mm_movemask_epi8(strange));
      if (mask != 0) return from + static_cast<std::size_t>(std::countr_zero(mask));
      if (from == last) return text.size();
    }
  }
#endif
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
  while (!text.empty()) {
    const auto run = printable_front(text);
    if (run > room()) {
      append(text);
      return cut();
    }
    bytes_.append(text.data(), run);
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
  bytes_.resize(begin_ + std::min(size(), longest_ - 1 - mark.size()));
  append(mark);
}

std::string_view LogLine::ended() noexcept {
  bytes_ += '\n';
  return std::string_view(bytes_).substr(begin_);
}

}  // namespace kirsch::base
