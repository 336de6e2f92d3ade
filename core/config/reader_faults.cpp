// What is reported of values that do not fit, of keys and of names.
#include <algorithm>

#include "base/text.h"
#include "config/code.h"
#include "config/reader.h"
#include "config/secrecy.h"
#include "config/shape.h"

namespace kirsch::config {
namespace {

using base::OptionType;

std::vector<std::string> names_of(const std::vector<base::Option>& options) {
  std::vector<std::string> names;
  for (const base::Option& option : options) names.push_back(option.name);
  return names;
}

std::string list_of(const std::vector<std::string>& names, std::size_t most = 16) {
  std::string result;
  for (std::size_t index = 0; index < std::min(names.size(), most); ++index)
    result += (index == 0 ? "" : ", ") + names[index];
  return names.size() > most ? result + ", …" : result;
}

std::vector<std::string> names_of(const Catalogue& catalogue, Kind kind, const std::string& service) {
  switch (kind) {
    case Kind::tool:
      return catalogue.tools();
    case Kind::handler:
      return catalogue.handlers();
    case Kind::plugin:
      return catalogue.plugins();
    case Kind::provider:
      break;
  }
  return catalogue.providers(service);
}

std::string_view place_of(Kind kind) {
  switch (kind) {
    case Kind::tool:
      return "tools stand under 'tools' of a path, a site or the top";
    case Kind::handler:
      return "a handler stands under 'handler' of a path";
    default:
      return "plugins stand under the top key 'engine'";
  }
}

}  // namespace

std::string_view name(Kind kind) {
  constexpr std::string_view names[] = {"tool", "handler", "plugin", "provider"};
  return names[static_cast<std::size_t>(kind)];
}

void Reader::unfit(const Node& node, const base::Schema& schema, const std::string& what) {
  Findings::Advice advice;
  const bool secret = may_hold_secret(schema, catalogue_);
  if (secret) findings_.hide(node);
  if (node.kind == Node::Kind::null) {
    advice.note = "nothing is written here";
    if (schema.type == OptionType::list) advice.help = "write [] for an empty list";
    if (schema.type == OptionType::map || schema.type == OptionType::structure)
      advice.help = "write {} for all defaults, or indent its keys below it";
    if (schema.type == OptionType::string) advice.help = "write \"\" for empty text";
  } else if (node.is_off() && schema.type != OptionType::boolean) {
    advice.note = "this cannot be off";
  } else if (schema.type == OptionType::structure && node.is_scalar() && (node.text == "true" || node.text == "on")) {
    advice.note = "write {} for all defaults";
  } else if (schema.type == OptionType::list && node.is_scalar()) {
    advice.help = "write [" + (secret ? "…" : node.text) + "]";
  }
  findings_.error(node, code::wrong_type,
                  what + " wants " + wanted(schema) + (schema.optional ? ", or off" : "") + ", not " +
                      (secret && node.is_scalar() ? "this" : description(node)),
                  std::move(advice));
}

// One message: the cause, at the place that names the module.
void Reader::refused_module(const Entry& entry, base::Diagnostic fault) {
  findings_.hide(entry.value);  // nobody knows which of its options are secrets
  base::Diagnostic here = diagnostic_at(entry.key, fault.code.c_str(), std::move(fault.message),
                                        {.note = {}, .help = std::move(fault.help)});
  if (fault.position) here.note = "from " + fault.position->file;
  here.exit_code = fault.exit_code;
  findings_.add(std::move(here));
}

// Whether what stands below an unknown name may be a secret: judged by what was probably meant.
bool Reader::perhaps_secret(Kind kind, const Entry& entry, const std::string& service) const {
  if (kind == Kind::provider) {
    base::Schema schema;
    schema.type = OptionType::provider;
    schema.service = service;
    return may_hold_secret(schema, catalogue_);
  }
  const auto holds = [&](const std::vector<base::Option>* options) {
    return options != nullptr && may_hold_secret(*options, catalogue_);
  };
  const auto& text = entry.key.text;
  if (holds(catalogue_.tool(text)) || holds(catalogue_.handler(text)) || holds(catalogue_.plugin(text))) return true;
  const auto meant = base::nearest(text, names_of(catalogue_, kind, service));
  if (!meant) return false;
  return holds(kind == Kind::tool      ? catalogue_.tool(*meant)
               : kind == Kind::handler ? catalogue_.handler(*meant)
                                       : catalogue_.plugin(*meant));
}

void Reader::unknown_name(Kind kind, const Entry& entry, const std::string& service) {
  const Node& key = entry.key;
  const std::string what(name(kind));
  if (std::optional<base::Diagnostic> fault = catalogue_.fault(kind, key.text)) {
    refused_module(entry, std::move(*fault));
    return;
  }
  if (!catalogue_.complete()) return;
  if (perhaps_secret(kind, entry, service)) findings_.hide(entry.value);
  const std::vector<std::string> names = names_of(catalogue_, kind, service);
  const std::vector<std::string> directories = catalogue_.directories();
  std::string help = directories.empty() ? "plugins.path names no directory of modules"
                                         : "modules (.so files) are looked for in " + list_of(directories);
  if (!names.empty()) help += "; they offer: " + list_of(names);
  for (const Kind other : {Kind::tool, Kind::handler, Kind::plugin}) {
    const auto& others = names_of(catalogue_, other, {});
    if (other != kind && std::ranges::find(others, key.text) != others.end()) {
      findings_.error(key, code::unknown_name,
                      "'" + key.text + "' is a " + std::string(name(other)) + ", not a " + what,
                      {.note = {}, .help = std::string(place_of(other))});
      return;
    }
  }
  const std::string of = kind == Kind::provider ? " of service '" + service + "'" : "";
  findings_.error(key, code::unknown_name, "unknown " + what + " '" + key.text + "'" + of,
                  {.note = base::did_you_mean(key.text, names), .help = std::move(help)});
}

void Reader::not_one_provider(const Node& node, const base::Schema& schema, const std::string& what) {
  if (may_hold_secret(schema, catalogue_)) findings_.hide(node);
  findings_.error(
      node, code::wrong_type, what + " wants a mapping of one provider to its options",
      {.note = {}, .help = "write { NAME: {} } with one of: " + list_of(catalogue_.providers(schema.service))});
}

void Reader::unknown_keys(const Node& node, const std::vector<base::Option>& options, const std::string& owner) {
  for (const Entry& entry : node.entries) {
    const auto known = std::find_if(options.begin(), options.end(),
                                    [&](const base::Option& option) { return option.name == entry.key.text; });
    if (known != options.end()) continue;
    if (may_hold_secret(options, catalogue_)) findings_.hide(entry.value);  // perhaps a misspelt one
    const std::vector<std::string> names = names_of(options);
    findings_.error(entry.key, code::unknown_key, owner + " has no option '" + entry.key.text + "'",
                    {.note = base::did_you_mean(entry.key.text, names),
                     .help = names.empty() ? "it has no options: write {}" : "its options: " + list_of(names, 32)});
  }
}

}  // namespace kirsch::config
