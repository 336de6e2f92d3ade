// `use:` first, then own keys; the reserved keys on, reset and priority.
#include "config/tool_level.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/code.h"
#include "config/fields.h"
#include "config/secrecy.h"

namespace kirsch::config {

const std::vector<base::Option>& reserved_options() {
  static const std::vector<base::Option> options = {
      {"on", "whether it runs; off keeps what is said about it", "true", boolean()},
      {"reset", "forgets what outer levels say", "false", boolean()},
      {"priority", "among the tools of its hook points", "the module's own", integer(0, 100)}};
  return options;
}

const base::Option& priority_option() { return reserved_options().back(); }

std::optional<int> read_priority(Reader& reader, const Node& node, const std::string& owner) {
  const std::optional<base::Value> value =
      reader.value(node, priority_option().schema, "option 'priority' of " + owner);
  if (!value) return std::nullopt;
  return static_cast<int>(std::get<std::int64_t>(value->data));
}

void ToolLevels::read_pipelines(const Node& pipelines) {
  if (!pipelines.is_mapping()) {
    reader_.findings().error(pipelines, code::wrong_type,
                             "'pipelines' wants a mapping of names to tools, not " + description(pipelines));
    return;
  }
  for (const Entry& entry : pipelines.entries) {
    Pipeline pipeline{&entry.key, {}, false};
    if (const Entry* nested = entry.value.find("use"))
      reader_.findings().error(nested->key, code::unknown_key, "a pipeline cannot use others",
                               {.note = {}, .help = "name all of them where they are used, in order"});
    else
      pipeline.words = level(entry.value);
    pipelines_.emplace(entry.key.text, std::move(pipeline));
  }
}

ToolLevel ToolLevels::level(const Node& tools) {
  ToolLevel result;
  if (!tools.is_mapping()) {
    reader_.findings().error(tools, code::wrong_type,
                             "tools want a mapping of names to options, not " + description(tools),
                             {.note = {}, .help = "write { NAME: {} }"});
    return result;
  }
  if (const Node* names = tools.value("use")) use(*names, result);
  for (const Entry& entry : tools.entries)
    if (entry.key.text != "use")
      if (const ToolWord* one = word(entry)) result.push_back(one);
  return result;
}

void ToolLevels::use(const Node& names, ToolLevel& level) {
  if (!names.is_sequence()) {
    reader_.findings().error(names, code::wrong_type, "'use' wants a list of pipelines, not " + description(names),
                             {.note = {}, .help = names.is_scalar() ? "write [" + names.text + "]" : ""});
    return;
  }
  for (const Node& item : names.items) {
    if (!item.is_scalar()) {
      reader_.findings().error(item, code::wrong_type, "'use' wants names of pipelines, not " + description(item));
      continue;
    }
    const std::optional<Node> name = reader_.expanded(item);
    if (!name) continue;
    const auto pipeline = pipelines_.find(name->text);
    if (pipeline == pipelines_.end()) {
      std::vector<std::string> known;
      for (const auto& [one, unused] : pipelines_) known.push_back(one);
      reader_.findings().error(item, code::unknown_reference, "unknown pipeline '" + name->text + "'",
                               {.note = base::did_you_mean(name->text, known),
                                .help = "named sets of tools are declared under the top key 'pipelines'"});
      continue;
    }
    pipeline->second.used = true;
    level.insert(level.end(), pipeline->second.words.begin(), pipeline->second.words.end());
  }
}

namespace {

// What is meant to switch a tool is no secret.
bool is_switch(std::string_view text) {
  constexpr std::string_view words[] = {"on", "On", "ON", "Off", "OFF", "true", "false", "yes", "no"};
  return std::ranges::find(words, text) != std::end(words);
}

}  // namespace

bool ToolLevels::read_boolean(const Node& node, const std::string& what, bool& out) {
  const std::optional<base::Value> value = reader_.value(node, boolean(), what);
  if (value) out = std::get<bool>(value->data);
  return value.has_value();
}

bool ToolLevels::read_reserved(const Entry& entry, ToolWord& word) {
  const std::string owner = "tool '" + word.key->text + "'";
  const std::string& key = entry.key.text;
  if (key == "priority") {
    word.priority = read_priority(reader_, entry.value, owner);
  } else if (key == "reset") {
    read_boolean(entry.value, "'reset' of " + owner, word.reset);
  } else if (key == "on") {
    bool on = true;
    if (read_boolean(entry.value, "'on' of " + owner, on)) word.on = on;
  } else {
    return false;
  }
  return true;
}

const ToolWord* ToolLevels::word(const Entry& entry) {
  const std::vector<base::Option>* schema = reader_.catalogue().tool(entry.key.text);
  if (schema == nullptr) {
    reader_.unknown_name(Kind::tool, entry);
    return nullptr;
  }
  ToolWord& result = words_[&entry.key];
  result.key = &entry.key;
  result.schema = schema;
  const std::string owner = "tool '" + entry.key.text + "'";
  if (entry.value.is_scalar()) {
    const std::optional<Node> text = reader_.expanded(entry.value);
    result.removes = text && text->is_off();
    if (!text || result.removes) return &result;
    const bool secret = may_hold_secret(*schema, reader_.catalogue());
    if (secret) reader_.findings().hide(entry.value);
    reader_.findings().error(entry.value, code::wrong_type,
                             owner + " wants a mapping of options, or off, not " +
                                 (secret && !is_switch(text->text) ? "this" : description(*text)),
                             {.note = text->text == "Off" || text->text == "OFF" ? "write off" : "",
                              .help = "write " + entry.key.text + ": {} for all defaults"});
    return &result;
  }
  result.options = entry.value;
  result.options.entries.clear();
  for (const Entry& option : entry.value.entries)
    if (!read_reserved(option, result)) result.options.entries.push_back(option);
  // Each level is checked as it stands, so that sets which nobody uses and words which are overridden are right too.
  reader_.structure(result.options, *schema, entry.key, owner, Reader::Scope::part);
  return &result;
}

void ToolLevels::warn_of_unused() const {
  for (const auto& [name, pipeline] : pipelines_)
    if (!pipeline.used)
      reader_.findings().warning(*pipeline.key, code::unused, "pipeline '" + name + "' is used nowhere",
                                 {.note = {}, .help = "name it in a 'use' list, or remove it"});
}

}  // namespace kirsch::config
