// What one place of a configuration says about tools: the sets it uses and its own keys.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/schema.h"
#include "config/node.h"
#include "config/reader.h"

namespace kirsch::config {

// `tool: value` as written once. Points into the document and the catalogue.
struct ToolWord {
  const Node* key = nullptr;
  const std::vector<base::Option>* schema = nullptr;
  bool removes = false;  // `tool: off`
  std::optional<bool> on;
  bool reset = false;
  std::optional<int> priority;
  Node options;  // a mapping without the reserved keys
};

// What may stand beside the options of a tool; for a plugin the priority alone.
const std::vector<base::Option>& reserved_options();
const base::Option& priority_option();

using ToolLevel = std::vector<const ToolWord*>;

// Reads each `tools:` and each named pipeline once; what is wrong is reported then. Its words stay where they are.
class ToolLevels {
 public:
  explicit ToolLevels(Reader& reader) : reader_(reader) {}

  void read_pipelines(const Node& pipelines);
  // Of the value of a `tools:` key.
  ToolLevel level(const Node& tools);
  void warn_of_unused() const;

 private:
  struct Pipeline {
    const Node* key;
    ToolLevel words;
    bool used = false;
  };

  void use(const Node& names, ToolLevel& level);
  const ToolWord* word(const Entry& entry);
  bool read_reserved(const Entry& entry, ToolWord& word);
  bool read_boolean(const Node& node, const std::string& what, bool& out);

  Reader& reader_;
  std::map<std::string, Pipeline, std::less<>> pipelines_;
  std::map<const Node*, ToolWord> words_;
};

// Reads a reserved key `priority`, 0 to 100; none: reported.
std::optional<int> read_priority(Reader& reader, const Node& node, const std::string& owner);

}  // namespace kirsch::config
