// Schemas from JSON. What a type cannot do without must be there, so that config can rely on it.
#include "loader/option_reader.h"

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace kirsch::loader {
namespace {

using base::OptionType;
using base::Schema;

constexpr std::array<std::pair<std::string_view, OptionType>, 15> types = {{
    {"boolean", OptionType::boolean},
    {"integer", OptionType::integer},
    {"number", OptionType::number},
    {"string", OptionType::string},
    {"enumeration", OptionType::enumeration},
    {"duration", OptionType::duration},
    {"size", OptionType::size},
    {"path", OptionType::path},
    {"secret", OptionType::secret},
    {"cidr", OptionType::cidr},
    {"list", OptionType::list},
    {"map", OptionType::map},
    {"structure", OptionType::structure},
    {"one_of", OptionType::one_of},
    {"provider", OptionType::provider},
}};

OptionType read_type(const JsonReader& owner) {
  const JsonReader field = owner.required("type");
  const std::string type = field.text();
  for (const auto& [name, value] : types)
    if (name == type) return value;
  field.refuse("names the unknown type '" + type + "'");
}

void read_bounds(const JsonReader& owner, Schema& schema) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  if (const auto field = owner.member("minimum")) schema.minimum = field->number();
  if (const auto field = owner.member("maximum")) schema.maximum = field->number();
  if (schema.minimum && schema.maximum && *schema.minimum > *schema.maximum)
    owner.required("minimum").refuse("is larger than the maximum");
  if (const auto field = owner.member("maximum_length"))
    schema.maximum_length = static_cast<std::uint64_t>(field->integer(0, most));
  if (const auto field = owner.member("unit_ns")) schema.unit_ns = field->integer(1, most);
}

Schema read_schema(const JsonReader& owner) {
  Schema schema;
  schema.type = read_type(owner);
  schema.optional = owner.boolean_or("optional", false);
  read_bounds(owner, schema);
  switch (schema.type) {
    case OptionType::enumeration:
      for (const JsonReader& name : owner.required("names").elements()) schema.names.push_back(name.text());
      if (schema.names.empty()) owner.required("names").refuse("is empty");
      break;
    case OptionType::list:
    case OptionType::map:
      schema.element = std::make_shared<const Schema>(read_schema(owner.required("element")));
      break;
    case OptionType::structure:
      schema.options = read_options(owner);
      break;
    case OptionType::one_of:
      for (const JsonReader& one : owner.required("alternatives").elements())
        schema.alternatives.push_back(read_schema(one));
      if (schema.alternatives.empty()) owner.required("alternatives").refuse("is empty");
      break;
    case OptionType::provider:
      schema.service = owner.required("service").identifier();
      break;
    default:
      break;
  }
  return schema;
}

}  // namespace

std::vector<base::Option> read_options(const JsonReader& owner) {
  std::vector<base::Option> options;
  std::set<std::string> seen;
  for (const JsonReader& entry : owner.elements_or_none("options")) {
    base::Option option;
    option.name = entry.required("name").name();
    if (!seen.insert(option.name).second) entry.refuse("declares the option '" + option.name + "' again");
    option.help = entry.text_or_empty("help");
    if (const auto field = entry.member("default")) option.default_text = field->text();
    option.schema = read_schema(entry);
    options.push_back(std::move(option));
  }
  return options;
}

}  // namespace kirsch::loader
