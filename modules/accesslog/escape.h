// Text of a client in a line of a log: every byte arrives, none can end the field or the line.
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>

namespace accesslog {

// What a piece may take in a line, escapes included; of a longer one the beginning is written, then "...". Five pieces
// and the rest of a line stay below what a log takes as one line.
inline constexpr std::size_t longest_piece = 12 * 1024;

// Printable ASCII that would end a field.
using Signs = std::bitset<128>;
extern const Signs signs_in_quotes;  // quotes and backslashes

// With `escaped` and what is not printable ASCII as \xHH, as nginx writes them; "-" for nothing.
void append_escaped(std::string& out, std::string_view text, const Signs& escaped);

// A JSON string of ASCII characters (RFC 8259 7), null for nothing. Bytes that are not UTF-8 appear as the text \xHH.
void append_json(std::string& out, std::string_view text);

}  // namespace accesslog
