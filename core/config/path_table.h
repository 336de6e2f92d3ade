// The `paths:` of one site: from what is written to the merged paths.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/merge.h"
#include "config/path_pattern.h"
#include "config/reader.h"
#include "config/sites.h"
#include "config/tool_level.h"

namespace kirsch::config {

class PathTable {
 public:
  PathTable(Reader& reader, ToolLevels& levels) : reader_(reader), levels_(levels) {}

  // Reports what is wrong with each path by itself. Once.
  void read(const Node& paths);

  // `outer`: the levels of the top and the site. Every table has "/".
  std::vector<Path> merged(Merge& merge, const std::vector<const ToolLevel*>& outer) const;

 private:
  struct Word {
    const Node* key;
    PathPattern pattern;
    ToolLevel tools;
    std::optional<HandlerUse> handler;
  };

  void read_path(const Entry& entry);
  std::optional<HandlerUse> handler(const Node& node);
  std::vector<const Word*> prefixes_of(const Word& word) const;
  void warn_of_crossing(const Word& prefix, const Word& word) const;

  Reader& reader_;
  ToolLevels& levels_;
  std::vector<Word> words_;
  std::map<std::string, const Node*> shapes_;
};

}  // namespace kirsch::config
