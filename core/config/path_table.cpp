// Patterns, their handlers, and which prefixes each lies below.
#include "config/path_table.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "config/code.h"
#include "config/section.h"

namespace kirsch::config {

void PathTable::read(const Node& paths) {
  if (!paths.is_mapping()) {
    reader_.findings().error(paths, code::wrong_type, "'paths' wants a mapping of paths, not " + description(paths),
                             {.note = {}, .help = "for example /: { handler: { NAME: {} } }"});
    return;
  }
  for (const Entry& entry : paths.entries) read_path(entry);
}

void PathTable::read_path(const Entry& entry) {
  Parsed<PathPattern> pattern = PathPattern::parse(entry.key.text);
  if (const Misfit* misfit = std::get_if<Misfit>(&pattern)) {
    reader_.findings().error(entry.key, code::bad_path, "path '" + entry.key.text.substr(0, 64) + "' " + misfit->why,
                             {.note = misfit->note});
    return;
  }
  Word word{&entry.key, std::move(std::get<PathPattern>(pattern)), {}, std::nullopt};
  const auto [known, fresh] = shapes_.try_emplace(word.pattern.shape(), &entry.key);
  if (!fresh)
    reader_.findings().error(
        entry.key, code::twice, "path '" + entry.key.text + "' matches the same as '" + known->second->text + "'",
        {.note = "first at " + std::to_string(known->second->line) + ":" + std::to_string(known->second->column),
         .help = "remove one of them"});
  if (!check_section(reader_.findings(), entry.value, "path '" + entry.key.text + "'", {"handler", "tools"})) return;
  if (const Node* tools = entry.value.value("tools")) word.tools = levels_.level(*tools);
  if (const Node* node = entry.value.value("handler")) word.handler = handler(*node);
  words_.push_back(std::move(word));
}

std::optional<HandlerUse> PathTable::handler(const Node& node) {
  if (!node.is_mapping() || node.entries.size() != 1) {
    reader_.findings().error(node, code::wrong_type, "'handler' wants a mapping of one name to its options",
                             {.note = {}, .help = "write { " + (node.is_scalar() ? node.text : "NAME") + ": {} }"});
    return std::nullopt;
  }
  const Entry& entry = node.entries.front();
  const std::vector<base::Option>* options = reader_.catalogue().handler(entry.key.text);
  if (options == nullptr) {
    reader_.unknown_name(Kind::handler, entry.key);
    return std::nullopt;
  }
  std::optional<base::Value> values =
      reader_.structure(entry.value, *options, entry.key, "handler '" + entry.key.text + "'");
  if (!values) return std::nullopt;
  return HandlerUse{entry.key.text, entry.key.position(), std::make_shared<const base::Value>(std::move(*values))};
}

void PathTable::warn_of_crossing(const Word& prefix, const Word& word) const {
  // The router prefers `word` where both match: then a tool that guards the prefix would not run.
  if (prefix.tools.empty() || !(prefix.pattern < word.pattern) || !prefix.pattern.crosses(word.pattern)) return;
  const std::string both = prefix.pattern.crossing(word.pattern);
  if (shapes_.contains(both)) return;
  reader_.findings().warning(
      *word.key, code::overlapping,
      "'" + word.pattern.text() + "' also answers '" + both + "', without the tools of '" + prefix.pattern.text() + "'",
      {.note = {}, .help = "give it the same tools, or write '" + both + "' as a path of its own"});
}

std::vector<const PathTable::Word*> PathTable::prefixes_of(const Word& word) const {
  std::vector<const Word*> result;
  for (const Word& other : words_) {
    if (&other == &word || !other.pattern.is_prefix()) continue;
    if (other.pattern.covers(word.pattern))
      result.push_back(&other);
    else
      warn_of_crossing(other, word);
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const Word* left, const Word* right) { return left->pattern < right->pattern; });
  return result;
}

std::vector<Path> PathTable::merged(Merge& merge, const std::vector<const ToolLevel*>& outer) const {
  std::vector<Path> paths;
  bool root = false;
  for (const Word& word : words_) {
    std::vector<const ToolLevel*> levels = outer;
    Path path{word.pattern.text(), word.key->position(), {}, std::nullopt};
    for (const Word* prefix : prefixes_of(word)) {
      levels.push_back(&prefix->tools);
      if (prefix->handler) path.handler = prefix->handler;
    }
    levels.push_back(&word.tools);
    if (word.handler) path.handler = word.handler;
    path.tools = merge.tools(levels);
    root = root || word.pattern.is_everything();
    paths.push_back(std::move(path));
  }
  if (!root) paths.push_back({"/", {}, merge.tools(outer), std::nullopt});
  return paths;
}

}  // namespace kirsch::config
