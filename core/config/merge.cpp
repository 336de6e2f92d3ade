// Outside in: the last word on a key holds.
#include "config/merge.h"

#include <algorithm>

#include "config/node_merge.h"

namespace kirsch::config {

void Merge::apply(const ToolWord& word, std::vector<Draft>& drafts) {
  auto draft =
      std::find_if(drafts.begin(), drafts.end(), [&](const Draft& one) { return one.trail.first == word.key->text; });
  if (word.removes) {
    if (draft != drafts.end()) drafts.erase(draft);
    return;
  }
  if (draft == drafts.end()) {
    drafts.emplace_back();
    draft = drafts.end() - 1;
    draft->trail.first = word.key->text;
  }
  if (word.reset) {
    draft->trail.second.clear();
    draft->priority.reset();
    draft->on = true;
  }
  draft->last = &word;
  if (word.on) draft->on = *word.on;
  if (word.priority) draft->priority = word.priority;
  if (!word.options.entries.empty()) draft->trail.second.push_back(&word);
}

std::vector<ToolUse> Merge::tools(const std::vector<const ToolLevel*>& levels) {
  std::vector<Draft> drafts;
  for (const ToolLevel* level : levels)
    for (const ToolWord* word : *level) apply(*word, drafts);
  std::vector<ToolUse> result;
  for (const Draft& draft : drafts) {
    if (!draft.on) continue;
    std::shared_ptr<const base::Value> values = options(draft);
    if (values) result.push_back({draft.trail.first, draft.last->key->position(), draft.priority, std::move(values)});
  }
  return result;
}

std::shared_ptr<const base::Value> Merge::options(const Draft& draft) {
  const auto [known, fresh] = known_.try_emplace(draft.trail);
  if (!fresh) return known->second;
  Node merged = draft.last->options;
  merged.kind = Node::Kind::mapping;
  merged.entries.clear();
  for (const ToolWord* word : draft.trail.second)
    merge_options(merged, word->options, *word->schema, reader_.catalogue());
  std::optional<base::Value> values =
      reader_.structure(merged, *draft.last->schema, *draft.last->key, "tool '" + draft.trail.first + "'");
  if (values) known->second = std::make_shared<const base::Value>(std::move(*values));
  return known->second;
}

}  // namespace kirsch::config
