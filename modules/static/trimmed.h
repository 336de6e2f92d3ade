// Elements of lists in header fields come with white space around them (OWS, RFC 9110 5.6.3).
#pragma once

#include <algorithm>
#include <string_view>

namespace static_files {

inline std::string_view trimmed(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

}  // namespace static_files
