// Text for people: safe on a terminal, in familiar units, with a guess at what was meant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kirsch::base {

// `text` with what must not reach a terminal spelt out: control characters as \n, \t or \xHH, bytes that are no UTF-8
// as \xHH, C1 controls and bidirectional overrides (which make a line read other than it is) as \u{…}.
std::string escaped(std::string_view text);

// Columns that `escaped(text)` takes, at one per code point.
std::size_t width(std::string_view escaped_text);

// Where the whole of `text` is UTF-8 (RFC 3629: no surrogates, no overlong forms): none. Else the first offending byte.
std::optional<std::size_t> utf8_fault(std::string_view text);

// Each byte that keeps `text` from being UTF-8 is U+FFFD, the replacement character.
std::string as_utf8(std::string_view text);

// Letters of ASCII, digits and _, no digit first.
bool is_name(std::string_view text);

// The candidate that `word` most likely stands for: the smallest Damerau-Levenshtein distance up to 2 (up to 1 for
// words of at most 3 bytes), compared without case, "-" like "_"; else the only candidate that begins with `word`, or
// is begun by it.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

// "did you mean 'name'?", or nothing: for Diagnostic::note.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

// In the largest unit that leaves no rest, as configuration files spell it: "30s", "1500ms", "64KiB", "100".
std::string duration_text(std::int64_t nanoseconds);
std::string size_text(std::uint64_t bytes);

}  // namespace kirsch::base
