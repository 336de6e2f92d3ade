// Character classes of HTTP and fast searches for the byte that ends a run of legal ones.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace kirsch::http {

namespace character {

enum Class : std::uint8_t { token = 1, value = 2, visible = 4, host = 8, digit = 16, request_id = 32 };

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
    const bool in_ids = std::string_view("-._~:@+/=").find(static_cast<char>(c)) != std::string_view::npos;
    if (alphanumeric || in_ids) bits |= request_id;
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
  target,        // of a request line: anything but space, question mark and hash
  name,          // letters, digits and hyphens: nearly all tokens
  before_colon,  // anything but a colon
};

template <Run run>
constexpr bool stands_in(char c) {
  if constexpr (run == Run::field_value) return is(c, character::value);
  if constexpr (run == Run::request_line) return c == ' ' || is(c, character::visible);
  if constexpr (run == Run::target) return c != ' ' && c != '?' && c != '#';
  if constexpr (run == Run::before_colon) return c != ':';
  if constexpr (run == Run::name) return c == '-' || is(c, character::digit) || (lower(c) >= 'a' && lower(c) <= 'z');
}

#if defined(__SSE2__)
// A bit for each of 16 bytes that may not stand in such a run.
template <Run run>
inline unsigned strangers(__m128i block) {
  const auto all = [](char c) { return _mm_set1_epi8(c); };
  const auto up_to = [&](__m128i bytes, char most) { return _mm_cmpeq_epi8(_mm_min_epu8(bytes, all(most)), bytes); };
  if constexpr (run == Run::before_colon) {
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, all(':'))));
  } else if constexpr (run == Run::target) {
    const __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(block, all('?')), _mm_cmpeq_epi8(block, all('#')));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(marks, _mm_cmpeq_epi8(block, all(' ')))));
  } else if constexpr (run == Run::name) {
    const __m128i letter = up_to(_mm_sub_epi8(_mm_or_si128(block, all(0x20)), all('a')), 'z' - 'a');
    const __m128i digit = up_to(_mm_sub_epi8(block, all('0')), 9);
    const __m128i good = _mm_or_si128(_mm_or_si128(letter, digit), _mm_cmpeq_epi8(block, all('-')));
    return static_cast<unsigned>(_mm_movemask_epi8(good)) ^ 0xffffU;
  } else {
    __m128i control = up_to(block, 0x1f);
    if constexpr (run == Run::field_value) control = _mm_andnot_si128(_mm_cmpeq_epi8(block, all('\t')), control);
    __m128i bad = _mm_or_si128(control, _mm_cmpeq_epi8(block, all(0x7f)));
    if constexpr (run == Run::request_line) bad = _mm_or_si128(bad, block);  // movemask takes the top bit: 0x80..0xff
    return static_cast<unsigned>(_mm_movemask_epi8(bad));
  }
}
#endif

// The first byte of [from, end) that may not stand in such a run, else `end`. Reads nothing outside of it. SSE2 is part
// of every x86-64.
template <Run run>
inline const char* end_of_run(const char* from, const char* end) {
#if defined(__SSE2__)
  const bool long_enough = end - from >= 16;
  for (; end - from >= 16; from += 16) {
    const unsigned mask = strangers<run>(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    if (mask != 0) return from + __builtin_ctz(mask);
  }
  if (long_enough && from != end) {  // the last 16 once more: those before `from` are known to be legal
    const unsigned mask = strangers<run>(_mm_loadu_si128(reinterpret_cast<const __m128i*>(end - 16)));
    return mask != 0 ? end - 16 + __builtin_ctz(mask) : end;
  }
  if (end - from >= 8) {
    const unsigned mask = strangers<run>(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))) & 0xffU;
    if (mask != 0) return from + __builtin_ctz(mask);
    from += 8;
  }
#endif
  while (from != end && stands_in<run>(*from)) ++from;
  return from;
}

// The same, inlined where the run ends at least 16 bytes before `end`.
template <Run run>
[[gnu::always_inline]] inline const char* end_of_run_inside(const char* from, const char* end) {
#if defined(__SSE2__)
  for (; end - from >= 16; from += 16) {
    const unsigned mask = strangers<run>(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    if (mask != 0) [[likely]]
      return from + __builtin_ctz(mask);
  }
#endif
  return end_of_run<run>(from, end);
}

// The first byte that is none of a class that has letters, digits and hyphens among its own, as most have.
template <character::Class wanted>
const char* end_of_class(const char* from, const char* end) {
  for (from = end_of_run<Run::name>(from, end); from != end && is(*from, wanted);) {
    from = end_of_run<Run::name>(from + 1, end);
  }
  return from;
}

// The first byte that is none of a token (RFC 9110 §5.6.2).
inline const char* end_of_token(const char* from, const char* end) { return end_of_class<character::token>(from, end); }

}  // namespace kirsch::http
