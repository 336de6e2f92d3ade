// Finds the fenced blocks of a Markdown page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kirsch::test {

struct Block {
  std::string language;
  std::string text;
};

inline std::vector<Block> blocks(std::string_view page) {
  std::vector<Block> found;
  bool inside = false;
  while (!page.empty()) {
    const auto line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(page.size(), line.size() + 1));
    if (line.substr(0, 3) == "```") {
      inside = !inside;
      if (inside) found.push_back({std::string(line.substr(3)), {}});
    } else if (inside) {
      found.back().text.append(line).append("\n");
    }
  }
  return found;
}

}  // namespace kirsch::test
