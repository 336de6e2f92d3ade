// A blank ends a name, unless a backslash stands before it; $$ is one $.
#include "command/dependencies.h"

#include <algorithm>
#include <string>

#include "command/project.h"

namespace kirsch::command {

namespace fs = std::filesystem;

std::vector<fs::path> dependencies(const fs::path& rule) {
  std::vector<fs::path> files;
  const auto text = contents_of(rule);
  std::string word;
  for (std::size_t at = std::min(text.find(": "), text.size()); at < text.size(); ++at) {
    const char byte = text[at];
    if (byte == '\\' && at + 1 < text.size()) {
      if (text[++at] != '\n') word += text[at];
    } else if (byte == ' ' || byte == '\n') {
      if (!word.empty()) files.emplace_back(std::move(word));
      word.clear();
    } else if (byte != ':' || !word.empty()) {
      word += byte;
      if (byte == '$' && text.compare(at, 2, "$$") == 0) ++at;
    }
  }
  return files;
}

}  // namespace kirsch::command
