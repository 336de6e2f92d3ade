// The `paths:` of one site: from what is written to the merged paths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/match.h"
#include "config/merge.h"
#include "config/path_pattern.h"
#include "config/prefix_tree.h"
#include "config/reader.h"
#include "config/sites.h"
#include "config/tool_level.h"

namespace kirsch::config {

class PathTable {
 public:
  // Ways to combine the alternatives of a path with those of the prefixes above it.
  static constexpr std::size_t max_combinations = 64;

  PathTable(Reader& reader, ToolLevels& levels) : reader_(reader), levels_(levels) {}

  // Reports what is wrong with each path by itself. Once.
  void read(const Node& paths);

  // What the top and the site say for all paths.
  struct Outer {
    std::vector<const ToolLevel*> tools;
    std::optional<std::uint64_t> body = {};
  };
  // Every table has "/".
  std::vector<Path> merged(Merge& merge, const Outer& outer) const;

 private:
  struct Alternative {
    const Node* at;
    Match match;
    ToolLevel tools;
    std::optional<HandlerUse> handler;
    std::optional<std::uint64_t> body;
  };
  struct Word {
    const Node* key;
    PathPattern pattern;
    std::vector<Alternative> alternatives;  // never empty
  };
  // One alternative of each prefix above, from the outermost, and one of the path itself.
  using Combination = std::vector<const Alternative*>;

  void read_path(const Entry& entry);
  void read_alternative(const Node& at, const Node& node, const std::string& owner, Word& word);
  std::optional<HandlerUse> handler(const Node& node);
  std::vector<std::size_t> prefixes_of(std::size_t number) const;
  void warn_of_crossing(const Word& other, const Word& word) const;
  std::vector<Combination> combinations(const Word& word, const std::vector<std::size_t>& prefixes) const;
  void warn_of_unreachable(const Word& word, const std::vector<Combination>& combinations) const;
  static Path path_of(const Word& word, const Combination& combination, Merge& merge, const Outer& outer);

  Reader& reader_;
  ToolLevels& levels_;
  std::vector<Word> words_;
  std::map<std::string, const Node*> shapes_;
  PrefixTree prefixes_;
};

}  // namespace kirsch::config
