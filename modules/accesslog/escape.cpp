// Runs of plain bytes go as they are, which nearly all are; the others one by one.
#include "escape.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace accesslog {
namespace {

constexpr std::string_view digits = "0123456789ABCDEF";

void append_hexadecimal(std::string& out, std::string_view prefix, std::uint32_t value, int count) {
  out += prefix;
  while (count-- > 0) out += digits[value >> (4 * count) & 15];
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

void append_character(std::string& out, std::uint32_t code) {
  if (code >= 0x10000) {
    append_hexadecimal(out, "\\u", 0xd800 + ((code - 0x10000) >> 10), 4);
    code = 0xdc00 + ((code - 0x10000) & 0x3ff);
  }
  append_hexadecimal(out, "\\u", code, 4);
}

// Appends the character at the front of `text`, which is not plain; the number of its bytes.
std::size_t append_json_character(std::string& out, std::string_view text) {
  const char first = text.front();
  const auto byte = static_cast<unsigned char>(first);
  if (first == '"' || first == '\\') {
    out.append({'\\', first});
  } else if (byte < 0x80) {
    append_hexadecimal(out, "\\u", byte, 4);
  } else if (const auto character = decoded(text); character.size != 0) {
    append_character(out, character.code);
    return character.size;
  } else {
    append_hexadecimal(out, "\\\\x", byte, 2);
  }
  return 1;
}

// Moves plain bytes from the front of `text` to the piece that began at `start`. False: none is left, or the piece is
// full.
bool take_plain(std::string& out, std::size_t start, std::string_view& text, const Signs& escaped) {
  const auto front = text.substr(0, longest_piece - std::min(out.size() - start, longest_piece));
  std::size_t run = 0;
  while (run < front.size() && !escaped[front[run]]) ++run;
  out.append(front.substr(0, run));
  text.remove_prefix(run);
  if (text.empty()) return false;
  if (out.size() - start < longest_piece) return true;
  out += "...";
  return false;
}

}  // namespace

void append_escaped(std::string& out, std::string_view text, const Signs& escaped) {
  if (text.empty()) text = "-";
  for (const auto start = out.size(); take_plain(out, start, text, escaped); text.remove_prefix(1)) {
    append_hexadecimal(out, "\\x", static_cast<unsigned char>(text.front()), 2);
  }
}

void append_json(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
    return;
  }
  out += '"';
  for (const auto start = out.size(); take_plain(out, start, text, signs_in_quotes);) {
    text.remove_prefix(append_json_character(out, text));
  }
  out += '"';
}

}  // namespace accesslog
