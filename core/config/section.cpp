// Reports of keys.
#include "config/section.h"

#include <algorithm>

#include "base/text.h"
#include "config/code.h"

namespace kirsch::config {
namespace {

void report_later(Findings& findings, const Node& key, const std::string& owner) {
  findings.error(key, code::not_supported_yet,
                 "'" + key.text + "'" + (owner.empty() ? "" : " of " + owner) + " is not supported yet",
                 {.note = {}, .help = "remove it: this version of the server would not do what it says"});
}

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool check_section(Findings& findings, const Node& node, const std::string& owner,
                   const std::vector<std::string>& known, const std::vector<std::string>& later) {
  const std::string subject = owner.empty() ? "the configuration" : owner;
  std::string keys;
  for (const std::string& name : known) keys += (keys.empty() ? "" : ", ") + name;
  if (!node.is_mapping()) {
    findings.error(node, code::wrong_type, subject + " wants a mapping, not " + description(node),
                   {.note = {}, .help = "its keys: " + keys});
    return false;
  }
  for (const Entry& entry : node.entries) {
    if (contains(known, entry.key.text)) continue;
    if (contains(later, entry.key.text)) {
      report_later(findings, entry.key, owner);
      continue;
    }
    findings.error(entry.key, code::unknown_key, subject + " has no key '" + entry.key.text + "'",
                   {.note = base::did_you_mean(entry.key.text, known), .help = "its keys: " + keys});
  }
  return true;
}

Node without_later_keys(Findings& findings, const Node& mapping, const std::string& owner,
                        std::initializer_list<std::string_view> later) {
  Node result = mapping;
  result.entries.clear();
  for (const Entry& entry : mapping.entries) {
    if (contains(later, entry.key.text))
      report_later(findings, entry.key, owner);
    else
      result.entries.push_back(entry);
  }
  return result;
}

}  // namespace kirsch::config
