// The top key `engine`.
#include "config/engine.h"

#include <algorithm>
#include <utility>

#include "config/code.h"
#include "config/tool_level.h"

namespace kirsch::config {
namespace {

std::optional<PluginUse> read_plugin(Reader& reader, const Entry& entry) {
  const std::vector<base::Option>* options = reader.catalogue().plugin(entry.key.text);
  if (options == nullptr) {
    reader.unknown_name(Kind::plugin, entry);
    return std::nullopt;
  }
  if (entry.value.is_off()) return std::nullopt;
  const std::string owner = "plugin '" + entry.key.text + "'";
  PluginUse use{entry.key.text, entry.key.position(), {}, {}, {}};
  Node written = entry.value;
  written.entries.clear();
  for (const Entry& option : entry.value.entries) {
    if (option.key.text != "priority") {
      written.entries.push_back(option);
      continue;
    }
    use.priority = read_priority(reader, option.value, owner);
    use.priority_origin = option.value.position();
  }
  std::optional<base::Value> values = reader.structure(written, *options, entry.key, owner);
  if (!values) return std::nullopt;
  use.options = std::move(*values);
  return use;
}

}  // namespace

std::vector<PluginUse> read_engine(Reader& reader, const Node* section, const Node& root, const EngineChange& change) {
  std::vector<PluginUse> uses;
  if (section != nullptr && !section->is_mapping()) {
    reader.findings().error(*section, code::wrong_type,
                            "'engine' wants a mapping of plugins to their options, not " + description(*section));
    return uses;
  }
  if (section != nullptr) {
    for (const Entry& entry : section->entries)
      if (std::optional<PluginUse> use = read_plugin(reader, entry)) uses.push_back(std::move(*use));
  }
  if (change.removed) std::erase_if(uses, [&](const PluginUse& use) { return use.name == *change.removed; });
  if (change.added && std::ranges::find(uses, *change.added, &PluginUse::name) == uses.end()) {
    Entry entry{root, root};
    entry.key.kind = Node::Kind::scalar;
    entry.key.text = *change.added;
    entry.value.entries.clear();
    if (std::optional<PluginUse> use = read_plugin(reader, entry)) uses.push_back(std::move(*use));
  }
  return uses;
}

}  // namespace kirsch::config
