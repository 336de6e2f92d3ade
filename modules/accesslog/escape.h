// Text of a client in a line of a log: every byte arrives, none can end the field or the line.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace accesslog {

// What a piece may take in a line, escapes included; of a longer one the beginning is written, then "...". Five pieces
// and the rest of a line stay below what a log takes as one line.
inline constexpr std::size_t longest_piece = 12 * 1024;

// Bytes that would end a field or a line: what is not printable ASCII, and the signs that were set.
class Signs {
 public:
  constexpr Signs() {
    for (unsigned byte = 0; byte < 256; ++byte) escaped_[byte] = byte < ' ' || byte > '~';
  }
  constexpr Signs& set(char sign) {
    escaped_[static_cast<unsigned char>(sign)] = true;
    return *this;
  }
  constexpr bool operator[](char byte) const { return escaped_[static_cast<unsigned char>(byte)]; }

 private:
  std::array<bool, 256> escaped_{};
};
inline constexpr Signs signs_in_quotes = Signs().set('"').set('\\');

// With `escaped` as \xHH, as nginx writes them; "-" for nothing.
void append_escaped(std::string& out, std::string_view text, const Signs& escaped);

// A JSON string of ASCII characters (RFC 8259 7), null for nothing. Bytes that are not UTF-8 appear as the text \xHH.
void append_json(std::string& out, std::string_view text);

}  // namespace accesslog
