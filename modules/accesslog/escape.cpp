// Runs of plain bytes go as they are, which nearly all are; the others one by one.
#include "escape.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace accesslog {
namespace {

constexpr std::string_view digits = "0123456789ABCDEF";

char* put_hexadecimal(char* to, std::string_view prefix, std::uint32_t value, int count) {
  to = put(to, prefix);
  while (count-- > 0) *to++ = digits[value >> (4 * count) & 15];
  return to;
}

struct Character {
  std::uint32_t code = 0;
  std::size_t size = 0;  // in bytes; 0: this is no UTF-8
};

// The character at the front of `text`, which begins with a byte above 0x7f (RFC 3629 4).
Character decoded(std::string_view text) {
  const auto byte = [text](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned first = byte(0);
  const std::size_t size = first >= 0xc2 && first < 0xe0   ? 2
                           : first >= 0xe0 && first < 0xf0 ? 3
                           : first >= 0xf0 && first < 0xf5 ? 4
                                                           : 0;
  if (size == 0 || text.size() < size) return {};
  std::uint32_t code = first & (0x7fU >> size);
  for (std::size_t index = 1; index < size; ++index) {
    if ((byte(index) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(index) & 0x3f);
  }
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  if (code < smallest[size] || code > 0x10ffff || surrogate) return {};
  return {code, size};
}

char* put_character(char* to, std::uint32_t code) {
  if (code >= 0x10000) {
    to = put_hexadecimal(to, "\\u", 0xd800 + ((code - 0x10000) >> 10), 4);
    code = 0xdc00 + ((code - 0x10000) & 0x3ff);
  }
  return put_hexadecimal(to, "\\u", code, 4);
}

// Takes the character at the front of `text`, which is not plain.
char* put_json_character(char* to, std::string_view& text) {
  const char first = text.front();
  const auto byte = static_cast<unsigned char>(first);
  const auto character = byte < 0x80 ? Character{byte, 1} : decoded(text);
  text.remove_prefix(std::max<std::size_t>(character.size, 1));
  if (character.size == 0) return put_hexadecimal(to, "\\\\x", byte, 2);
  if (first != '"' && first != '\\') return put_character(to, character.code);
  *to++ = '\\';
  *to++ = first;
  return to;
}

char* put_byte(char* to, std::string_view& text) {
  const auto byte = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  return put_hexadecimal(to, "\\x", byte, 2);
}

// Runs of plain bytes, and `escape` for what stands between them, until the piece is full.
template <class Escape>
char* put_piece(char* to, std::string_view text, const Signs& escaped, Escape escape) {
  const char* const full = to + longest_piece;
  for (;;) {
    const auto front = text.substr(0, static_cast<std::size_t>(full - std::min<const char*>(to, full)));
    const auto run = escaped.plain_front(front);
    to = put(to, front.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) return to;
    if (to >= full) return put(to, "...");
    to = escape(to, text);
  }
}

#if defined(__SSE2__)
// A bit for each of 16 bytes that may not stand between quotes as it is.
unsigned strange(__m128i block) {
  const auto is = [block](char byte) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(byte)); };
  // As signed numbers bytes above 0x7f are below the space too.
  const __m128i control = _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(' ')), is(0x7f));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(is('"'), is('\\')))));
}
#endif

}  // namespace

std::size_t Signs::plain_front(std::string_view text) const {
#if defined(__SSE2__)
  if (!further_ && text.size() >= 16) {
    const std::size_t last = text.size() - 16;
    for (std::size_t at = 0;; at = std::min(at + 16, last)) {  // the last block may overlap the one before
      const unsigned mask = strange(_mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at)));
      if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
      if (at == last) return text.size();
    }
  }
  if (!further_ && text.size() >= 8) {  // both ends, which meet
    const __m128i front = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(text.data()));
    const __m128i back = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(text.data() + text.size() - 8));
    if (strange(_mm_unpacklo_epi64(front, back)) == 0) return text.size();
  }
#endif
  std::size_t run = 0;
  while (run < text.size() && !escaped_[static_cast<unsigned char>(text[run])]) ++run;
  return run;
}

char* put_escaped(char* to, std::string_view text, const Signs& escaped) {
  if (!text.empty()) return put_piece(to, text, escaped, put_byte);
  *to++ = '-';
  return to;
}

char* put_json(char* to, std::string_view text) {
  if (text.empty()) return put(to, "null");
  *to++ = '"';
  to = put_piece(to, text, signs_in_quotes, put_json_character);
  *to++ = '"';
  return to;
}

}  // namespace accesslog
