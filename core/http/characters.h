// Character classes of HTTP and fast searches for the byte that ends a run of legal ones.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace kirsch::http {

namespace character {

enum Class : std::uint8_t { token = 1, value = 2, visible = 4, host = 8, digit = 16 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    std::uint8_t bits = 0;
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (alphanumeric ||
        (c != 0 && std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos)) {
      bits |= token;
    }
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) bits |= value;
    if (c > 0x20 && c < 0x7f) bits |= visible;
    if (alphanumeric || c == '-' || c == '.' || c == '_' || c == '~') bits |= host;
    if (c >= '0' && c <= '9') bits |= digit;
    classes[c] = bits;
  }
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> classes = make_classes();

}  // namespace character

constexpr bool is(char c, character::Class wanted) {
  return (character::classes[static_cast<unsigned char>(c)] & wanted) != 0;
}

// RFC 9110 §5.6.2; an empty text is none.
constexpr bool is_token(std::string_view text) {
  for (char c : text) {
    if (!is(c, character::token)) return false;
  }
  return !text.empty();
}

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

// 0..15, or -1.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

enum class Run : std::uint8_t {
  field_value,   // tab, space, visible, obs-text (RFC 9110 §5.5)
  request_line,  // space and visible ASCII only
};

// The first byte of [from, end) that may not stand in such a run, else `end`. Reads nothing beyond `end`.
template <Run run>
inline const char* end_of_run(const char* from, const char* end) {
#if defined(__SSE2__)
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i del = _mm_set1_epi8(0x7f);
  const __m128i tab = _mm_set1_epi8('\t');
  while (end - from >= 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, last_control), block);
    if constexpr (run == Run::field_value) control = _mm_andnot_si128(_mm_cmpeq_epi8(block, tab), control);
    __m128i bad = _mm_or_si128(control, _mm_cmpeq_epi8(block, del));
    if constexpr (run == Run::request_line) bad = _mm_or_si128(bad, block);  // movemask takes the top bit: 0x80..0xff
    const int mask = _mm_movemask_epi8(bad);
    if (mask != 0) return from + __builtin_ctz(static_cast<unsigned>(mask));
    from += 16;
  }
#else
  // Eight bytes at a time; a false alarm of the carry only costs the byte loop.
  while (end - from >= 8) {
    std::uint64_t word;
    std::memcpy(&word, from, 8);
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t tops = 0x8080808080808080U;
    const std::uint64_t below_space = word - ones * 0x20;
    const std::uint64_t del = (word ^ (ones * 0x7f)) - ones;
    if (((below_space | del | word) & tops) != 0) break;
    from += 8;
  }
#endif
  for (; from != end; ++from) {
    if constexpr (run == Run::field_value) {
      if (!is(*from, character::value)) return from;
    } else {
      if (*from != ' ' && !is(*from, character::visible)) return from;
    }
  }
  return end;
}

}  // namespace kirsch::http
