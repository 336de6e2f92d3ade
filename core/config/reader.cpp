// Values of composite types, and defaults.
#include "config/reader.h"

#include <algorithm>
#include <memory>

#include "config/code.h"
#include "config/document.h"
#include "config/expansion.h"
#include "config/secrecy.h"
#include "config/shape.h"

namespace kirsch::config {
namespace {

using base::OptionType;

}  // namespace

std::optional<Node> Reader::expanded(const Node& node, bool secret) {
  Parsed<std::string> text = expanded_text(node.text, secret);
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
  const bool secret = takes_secret(schema) && !node.text.starts_with("file:");
  if (secret) note_secret(node);
  const std::optional<Node> scalar = expanded(node, secret);
  if (!scalar) return std::nullopt;
  return resolved(*scalar, schema, what, scope);
}

// What comes from a variable does not stand in the file.
void Reader::note_secret(const Node& node) {
  findings_.hide(node);
  if (node.source == nullptr || !node.source->exposed() || node.text.empty() || node.is_off() ||
      node.text.find("${") != std::string::npos || !exposed_.insert(node.source).second)
    return;
  findings_.warning(node, code::readable_secret, "everybody may read this file, and with it a secret",
                    {.note = {},
                     .help = "chmod o-r " + node.source->name() +
                             ", or put the secret into a file of its own and write "
                             "file:/path"});
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
    not_one_provider(node, schema, what);
    return std::nullopt;
  }
  const Entry& entry = node.entries.front();
  const std::vector<base::Option>* options = catalogue_.provider(schema.service, entry.key.text);
  if (options == nullptr) {
    unknown_name(Kind::provider, entry, schema.service);
    return std::nullopt;
  }
  Result values = structure(entry.value, *options, entry.key, "provider '" + entry.key.text + "'", scope);
  if (!values) return std::nullopt;
  base::ProviderUse use{schema.service, entry.key.text, {}};
  use.options.push_back(std::move(*values));
  return base::Value{std::move(use), node.position()};
}

Reader::Result Reader::structure(const Node& node, const std::vector<base::Option>& options, const Node& at,
                                 const std::string& owner, Scope scope) {
  if (!node.is_mapping()) {
    base::Schema schema;
    schema.type = OptionType::structure;
    schema.options = options;
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
