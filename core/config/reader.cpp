// Values of composite types, defaults, and what is reported of keys and names.
#include "config/reader.h"

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "config/code.h"
#include "config/document.h"
#include "config/expansion.h"
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

std::optional<Node> Reader::expanded(const Node& node) {
  Parsed<std::string> text = expanded_text(node.text);
  if (Misfit* misfit = std::get_if<Misfit>(&text)) {
    findings_.error(node, code::unset_variable, misfit->why, {.note = {}, .help = misfit->note});
    return std::nullopt;
  }
  Node result = node;
  result.text = std::move(std::get<std::string>(text));
  return result;
}

Reader::Result Reader::value(const Node& node, const base::Schema& schema, const std::string& what, Scope scope) {
  if (!node.is_scalar()) return resolved(node, schema, what, scope);
  const std::optional<Node> scalar = expanded(node);
  if (!scalar) return std::nullopt;
  return resolved(*scalar, schema, what, scope);
}

Reader::Result Reader::resolved(const Node& node, const base::Schema& schema, const std::string& what, Scope scope) {
  if (schema.optional && node.is_off()) return base::Value{std::monostate{}, node.position()};
  switch (schema.type) {
    case OptionType::list:
      return list(node, schema, what, scope);
    case OptionType::map:
      return map(node, schema, what, scope);
    case OptionType::one_of:
      return one_of(node, schema, what, scope);
    case OptionType::provider:
      return provider(node, schema, what, scope);
    case OptionType::structure:
      if (node.is_mapping()) return structure(node, schema.options, node, what, scope);
      unfit(node, schema, what);
      return std::nullopt;
    default:
      return scalar(node, schema, what);
  }
}

void Reader::unfit(const Node& node, const base::Schema& schema, const std::string& what) {
  Findings::Advice advice;
  const bool secret = schema.type == OptionType::secret;
  advice.hide_source = secret;
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
    advice.help = "write [" + node.text + "]";
  }
  findings_.error(node, code::wrong_type,
                  what + " wants " + wanted(schema) + (schema.optional ? ", or off" : "") + ", not " +
                      (secret && node.is_scalar() ? "this" : description(node)),
                  std::move(advice));
}

bool Reader::countable(const Node& node, const base::Schema& schema, const std::string& what, std::size_t count) {
  const auto number = static_cast<double>(count);
  if (schema.minimum && number < *schema.minimum) {
    findings_.error(node, code::out_of_range,
                    what + " wants at least " + std::to_string(static_cast<std::int64_t>(*schema.minimum)) +
                        (*schema.minimum < 2 ? " entry, not " : " entries, not ") + std::to_string(count));
    return false;
  }
  if (schema.maximum && number > *schema.maximum) {
    findings_.error(node, code::out_of_range,
                    what + " wants at most " + std::to_string(static_cast<std::int64_t>(*schema.maximum)) +
                        " entries, not " + std::to_string(count));
    return false;
  }
  return true;
}

Reader::Result Reader::list(const Node& node, const base::Schema& schema, const std::string& what, Scope scope) {
  if (!node.is_sequence()) {
    unfit(node, schema, what);
    return std::nullopt;
  }
  bool good = countable(node, schema, what, node.items.size());
  base::Value::List values;
  for (const Node& item : node.items) {
    Result one = value(item, *schema.element, "an entry of " + what, scope);
    good = good && one.has_value();
    if (good) values.push_back(std::move(*one));
  }
  if (!good) return std::nullopt;
  return base::Value{std::move(values), node.position()};
}

Reader::Result Reader::map(const Node& node, const base::Schema& schema, const std::string& what, Scope scope) {
  if (!node.is_mapping()) {
    unfit(node, schema, what);
    return std::nullopt;
  }
  bool good = countable(node, schema, what, node.entries.size());
  base::Value::Map values;
  for (const Entry& entry : node.entries) {
    Result one = value(entry.value, *schema.element, "'" + entry.key.text + "' of " + what, scope);
    good = good && one.has_value();
    if (good) values.push_back({entry.key.text, std::move(*one)});
  }
  if (!good) return std::nullopt;
  return base::Value{std::move(values), node.position()};
}

Reader::Result Reader::one_of(const Node& node, const base::Schema& schema, const std::string& what, Scope scope) {
  const std::optional<std::size_t> index = alternative(node, schema);
  if (!index) {
    unfit(node, schema, what);
    return std::nullopt;
  }
  Result one = resolved(node, schema.alternatives[*index], what, scope);
  if (!one) return std::nullopt;
  const bool is_secret = one->secret;
  base::Choice choice{static_cast<std::uint32_t>(*index), {}};
  choice.value.push_back(std::move(*one));
  return base::Value{std::move(choice), node.position(), is_secret};
}

Reader::Result Reader::provider(const Node& node, const base::Schema& schema, const std::string& what, Scope scope) {
  if (!node.is_mapping() || node.entries.size() != 1) {
    findings_.error(
        node, code::wrong_type, what + " wants a mapping of one provider to its options",
        {.note = {}, .help = "write { NAME: {} } with one of: " + list_of(catalogue_.providers(schema.service))});
    return std::nullopt;
  }
  const Entry& entry = node.entries.front();
  const std::vector<base::Option>* options = catalogue_.provider(schema.service, entry.key.text);
  if (options == nullptr) {
    unknown_name(Kind::provider, entry.key, schema.service);
    return std::nullopt;
  }
  Result values = structure(entry.value, *options, entry.key, "provider '" + entry.key.text + "'", scope);
  if (!values) return std::nullopt;
  base::ProviderUse use{schema.service, entry.key.text, {}};
  use.options.push_back(std::move(*values));
  return base::Value{std::move(use), node.position()};
}

void Reader::unknown_name(Kind kind, const Node& key, const std::string& service) {
  const std::string what(name(kind));
  if (std::optional<base::Diagnostic> fault = catalogue_.fault(kind, key.text)) {
    // One message: the cause, at the place that names the module.
    base::Diagnostic here = diagnostic_at(key, fault->code.c_str(), std::move(fault->message),
                                          {.note = {}, .help = std::move(fault->help)});
    if (fault->position) here.note = "from " + fault->position->file;
    here.exit_code = fault->exit_code;
    findings_.add(std::move(here));
    return;
  }
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

void Reader::unknown_keys(const Node& node, const std::vector<base::Option>& options, const std::string& owner) {
  for (const Entry& entry : node.entries) {
    const auto known = std::find_if(options.begin(), options.end(),
                                    [&](const base::Option& option) { return option.name == entry.key.text; });
    if (known != options.end()) continue;
    const std::vector<std::string> names = names_of(options);
    findings_.error(entry.key, code::unknown_key, owner + " has no option '" + entry.key.text + "'",
                    {.note = base::did_you_mean(entry.key.text, names),
                     .help = names.empty() ? "it has no options: write {}" : "its options: " + list_of(names, 32)});
  }
}

Reader::Result Reader::structure(const Node& node, const std::vector<base::Option>& options, const Node& at,
                                 const std::string& owner, Scope scope) {
  if (!node.is_mapping()) {
    base::Schema schema;
    schema.type = OptionType::structure;
    unfit(node, schema, owner);
    return std::nullopt;
  }
  const std::size_t errors = findings_.error_count();
  unknown_keys(node, options, owner);
  bool good = findings_.error_count() == errors;
  base::Structure values;
  values.values.reserve(options.size());
  for (const base::Option& option : options) {
    const Node* written = node.value(option.name);
    if (written == nullptr && scope == Scope::part) continue;
    Result one = written != nullptr ? value(*written, option.schema, "option '" + option.name + "' of " + owner, scope)
                                    : default_of(option, at, owner);
    good = good && one.has_value();
    if (good) values.values.push_back(std::move(*one));
  }
  if (!good) return std::nullopt;
  return base::Value{std::move(values), node.position()};
}

Reader::Result Reader::default_of(const base::Option& option, const Node& at, const std::string& owner) {
  if (!option.default_text) {
    findings_.error(at, code::missing, owner + " needs the option '" + option.name + "'",
                    {.note = {}, .help = option.help.empty() ? "" : option.name + ": " + option.help});
    return std::nullopt;
  }
  if (const auto known = defaults_.find(&option); known != defaults_.end()) return *known->second;
  Findings faults;
  Reader reader(catalogue_, faults, directory_);
  Result result;
  try {
    const bool is_text = option.schema.type == OptionType::string || option.schema.type == OptionType::secret;
    const std::string fragment = option.default_text->empty() && is_text ? "\"\"" : *option.default_text;
    const Document document = Document::from_text(fragment, {}, directory_);
    result = reader.value(document.root(), option.schema, "its default");
  } catch (const base::Refusal& refusal) {
    faults.add(refusal.diagnostics().front());
  }
  if (result) {
    defaults_.emplace(&option, std::make_unique<const base::Value>(*result));
    return result;
  }
  for (const base::Diagnostic& fault : faults.errors())
    findings_.error(at, code::faulty_default,
                    "option '" + option.name + "' of " + owner + " has a faulty default: " + fault.message,
                    {.note = {}, .help = "this is a fault of the module; give the option a value of your own"});
  return std::nullopt;
}

}  // namespace kirsch::config
