// One case per type.
#include "command/option_text.h"

#include <cmath>
#include <optional>

#include "base/text.h"
#include "config/scalars.h"

namespace kirsch::command {
namespace {

using base::OptionType;

// What no number of the type lies beyond tells an operator nothing.
std::optional<double> told(const base::Schema& schema, const std::optional<double>& bound) {
  const bool own = bound && schema.type != OptionType::number && std::abs(*bound) >= 0x1p63;
  return own ? std::nullopt : bound;
}

std::string range(const base::Schema& schema) {
  const auto minimum = told(schema, schema.minimum);
  const auto maximum = told(schema, schema.maximum);
  const bool negative = schema.type == OptionType::integer || schema.type == OptionType::number;
  if (minimum && maximum)
    return ", " + config::bound_text(schema, *minimum) + " to " + config::bound_text(schema, *maximum);
  if (minimum && (negative || *minimum > 0)) return ", at least " + config::bound_text(schema, *minimum);
  if (maximum) return ", at most " + config::bound_text(schema, *maximum);
  return "";
}

std::string alternatives(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t index = 0; index < words.size(); ++index)
    text += (index == 0 ? "" : index + 1 == words.size() ? " or " : ", ") + words[index];
  return text;
}

std::string bare_type(const base::Schema& schema) {
  switch (schema.type) {
    case OptionType::boolean:
      return "true or false";
    case OptionType::integer:
      return "integer" + range(schema);
    case OptionType::number:
      return "number" + range(schema);
    case OptionType::string:
      return "text";
    case OptionType::enumeration:
      return alternatives(schema.names);
    case OptionType::duration:
      return "duration" + range(schema);
    case OptionType::size:
      return "size" + range(schema);
    case OptionType::path:
      return "path";
    case OptionType::secret:
      return "secret";
    case OptionType::cidr:
      return "network";
    case OptionType::list:
      return "list of " + type_text(*schema.element);
    case OptionType::map:
      return "map of name to " + type_text(*schema.element);
    case OptionType::structure:
      return "options";
    case OptionType::provider:
      return "provider of " + schema.service;
    case OptionType::one_of:
      break;
  }
  std::vector<std::string> words;
  for (const auto& one : schema.alternatives) words.push_back(type_text(one));
  return alternatives(words);
}

std::string quoted(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./@";
  const bool bare = !text.empty() && text.find_first_not_of(plain) == std::string::npos && text != "off";
  return bare ? text : "\"" + base::escaped(text) + "\"";
}

std::string whole(std::int64_t number, const base::Schema& schema) {
  if (schema.type == OptionType::enumeration) return schema.names[static_cast<std::size_t>(number)];
  if (schema.type == OptionType::duration) return base::duration_text(number);
  if (schema.type == OptionType::size) return base::size_text(static_cast<std::uint64_t>(number));
  return std::to_string(number);
}

struct Speller {
  const base::Schema& schema;

  std::string operator()(std::monostate) const { return "off"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return whole(value, schema); }
  std::string operator()(double value) const { return config::bound_text(schema, value); }
  std::string operator()(const std::string& value) const {
    return schema.type == OptionType::cidr ? config::network_text(value) : quoted(value);
  }
  std::string operator()(const base::Value::List& values) const {
    std::string text;
    for (const auto& one : values) text += (text.empty() ? "" : ", ") + value_text(one, *schema.element);
    return "[" + text + "]";
  }
  std::string operator()(const base::Value::Map& values) const {
    std::string text;
    for (const auto& [name, one] : values)
      text += (text.empty() ? " " : ", ") + quoted(name) + ": " + value_text(one, *schema.element);
    return text.empty() ? "{}" : "{" + text + " }";
  }
  std::string operator()(const base::Structure& value) const {
    std::string text;
    for (std::size_t index = 0; index < value.values.size(); ++index)
      text += (text.empty() ? " " : ", ") + schema.options[index].name + ": " +
              value_text(value.values[index], schema.options[index].schema);
    return text.empty() ? "{}" : "{" + text + " }";
  }
  std::string operator()(const base::Choice& choice) const {
    return value_text(choice.value.front(), schema.alternatives[choice.index]);
  }
  std::string operator()(const base::ProviderUse& use) const { return "{ " + use.name + ": … }"; }
};

}  // namespace

std::string type_text(const base::Schema& schema) { return bare_type(schema) + (schema.optional ? ", or off" : ""); }

std::string value_text(const base::Value& value, const base::Schema& schema) {
  if (value.secret) return "***";
  return std::visit(Speller{schema}, value.data);
}

}  // namespace kirsch::command
