// Where modules are looked for and whose files are trusted.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "config/reader.h"

namespace kirsch::config {

struct PluginDirectory {
  std::string path;  // absolute
  base::Position origin;
};

struct PluginOwner {
  std::string name;  // or number
  base::Position origin;
};

struct PluginSettings {
  std::vector<PluginDirectory> path;  // empty: not configured
  std::vector<PluginOwner> owners;    // beside root and whoever started the server
  bool watched = false;               // a reload follows every change of modules and of the configuration
};

const std::vector<base::Option>& plugin_options();

// `section` is the value of the key, null if it is absent; `root` is the document's root. What is wrong is reported to
// the reader's findings.
PluginSettings read_plugins(Reader& reader, const Node* section, const Node& root);

}  // namespace kirsch::config
