// How often a text stands in another one.
#pragma once

#include <cstddef>
#include <string_view>

namespace kirsch::test {

inline std::size_t occurrences(std::string_view text, std::string_view piece) {
  std::size_t count = 0;
  for (auto at = text.find(piece); at != std::string_view::npos; at = text.find(piece, at + piece.size())) ++count;
  return count;
}

}  // namespace kirsch::test
