// The engine plugins that the configuration names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/value.h"
#include "config/reader.h"

namespace kirsch::config {

struct PluginUse {
  std::string name;
  base::Position origin;
  std::optional<int> priority;  // 0..100; none: the module's own
  base::Position priority_origin;
  base::Value options;  // a base::Structure
};

// What a command changes about the plugins that the file names.
struct EngineChange {
  std::optional<std::string> added = {};    // with its defaults, if the file does not name it or says off
  std::optional<std::string> removed = {};  // even if the file names it
};

// `section` is the value of the key, null if it is absent; `root` is the document's root. What is wrong is reported to
// the reader's findings.
std::vector<PluginUse> read_engine(Reader& reader, const Node* section, const Node& root, const EngineChange& change);

}  // namespace kirsch::config
