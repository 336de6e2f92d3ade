// Text of a client in a line of a log: every byte arrives, none can end the field or the line.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "line.h"

namespace accesslog {

// What a piece may take in a line, escapes included; of a longer one the beginning is written, then "...". Five pieces
// and the rest of a line stay below what a log takes as one line.
inline constexpr std::size_t longest_piece = 12 * 1024;

// Bytes that would end a field or a line: what is not printable ASCII, quotes, backslashes, and the signs that were
// set.
class Signs {
 public:
  constexpr Signs() {
    for (unsigned byte = 0; byte < 256; ++byte)
      escaped_[byte] = byte < ' ' || byte > '~' || byte == '"' || byte == '\\';
  }
  constexpr Signs& set(char sign) {
    escaped_[static_cast<unsigned char>(sign)] = true;
    further_ = true;
    return *this;
  }
  // How much of the front of `text` is none of them.
  std::size_t plain_front(std::string_view text) const;

 private:
  std::array<bool, 256> escaped_{};
  bool further_ = false;  // signs were set
};
inline constexpr Signs signs_in_quotes;

// What the functions below need for a text of that size.
inline constexpr std::size_t room_for(std::size_t size) {
  constexpr std::size_t longest_escape = 12;
  constexpr std::size_t ends = 8;  // quotes, "...", null
  return (size < longest_piece / longest_escape ? size * longest_escape : longest_piece + longest_escape) + ends;
}

// Write to `to`, and return where it ends.

// With `escaped` as \xHH, as nginx writes them; "-" for nothing.
char* put_escaped(char* to, std::string_view text, const Signs& escaped);

// A JSON string of ASCII characters (RFC 8259 7), null for nothing. Bytes that are not UTF-8 appear as the text \xHH.
char* put_json(char* to, std::string_view text);

}  // namespace accesslog
