// Quotes and brackets in the text of a document, for messages about those that are not closed.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace kirsch::config {

// Where the text in quotes that begins at `start` ends, behind its closing quote; none: it is not closed.
std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t start);

// The innermost bracket, or quote, that is open at `end` when one reads from `start`, which is outside of quotes; none:
// all are closed.
std::optional<std::size_t> open_at(std::string_view text, std::size_t start, std::size_t end);

}  // namespace kirsch::config
