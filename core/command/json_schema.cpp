// Every scalar may be text with a variable in it; what is in quotes is text for JSON, but a value for us.
#include "command/json_schema.h"

#include "base/text.h"
#include "command/option_text.h"

namespace kirsch::command {
namespace {

using base::OptionType;

bool is_container(OptionType type) {
  return type == OptionType::list || type == OptionType::map || type == OptionType::structure ||
         type == OptionType::provider;
}

std::string described(const base::Option& option) {
  std::string text = option.help + (option.help.empty() ? "" : "; ") + type_text(option.schema);
  return text + (option.default_text ? "; default " + *option.default_text : "; required");
}

}  // namespace

std::string JsonSchema::provider_name(const std::string& service, Scope scope) {
  std::string name = scope == Scope::part ? "part-of-provider-" : "provider-";
  for (const char c : service) name += c == '/' || c == '~' || c == '%' ? '-' : c;
  return name;
}

void JsonSchema::properties(const std::vector<base::Option>& options, Scope scope) {
  for (const auto& option : options) {
    json_.key(option.name);
    write(option.schema, scope, described(option));
  }
}

void JsonSchema::required(const std::vector<base::Option>& options, Scope scope) {
  std::vector<std::string> names;
  for (const auto& option : options) {
    if (!option.default_text) names.push_back(option.name);
  }
  if (scope == Scope::whole && !names.empty()) json_.strings("required", names);
}

void JsonSchema::write(const base::Schema& schema, Scope scope, const std::string& description) {
  json_.open_object();
  if (!description.empty()) json_.field("description", description);
  const bool single = is_container(schema.type) && !schema.optional;
  if (single) {
    container(schema, scope);
  } else {
    json_.key("anyOf").open_array();
    alternatives(schema, scope);
    json_.close_array();
  }
  json_.close_object();
}

void JsonSchema::alternatives(const base::Schema& schema, Scope scope) {
  if (schema.optional) json_.open_object().field("const", "off").close_object();
  if (schema.type == OptionType::one_of) {
    for (const auto& one : schema.alternatives) alternatives(one, scope);
  } else if (is_container(schema.type)) {
    json_.open_object();
    container(schema, scope);
    json_.close_object();
  } else {
    scalar(schema);
    text("\\$\\{");
  }
}

void JsonSchema::text(const char* pattern) {
  json_.open_object().field("type", "string").field("pattern", pattern).close_object();
}

void JsonSchema::bounds(const base::Schema& schema, const char* least, const char* most) {
  if (schema.minimum) json_.key(least).number(*schema.minimum);
  if (schema.maximum) json_.key(most).number(*schema.maximum);
}

void JsonSchema::scalar(const base::Schema& schema) {
  switch (schema.type) {
    case OptionType::boolean:
      json_.open_object().field("type", "boolean").close_object();
      return text("^(true|false)$");
    case OptionType::integer:
    case OptionType::number:
      json_.open_object().field("type", schema.type == OptionType::integer ? "integer" : "number");
      bounds(schema, "minimum", "maximum");
      json_.close_object();
      return text(schema.type == OptionType::integer ? "^-?[0-9]+$" : "^-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?$");
    case OptionType::size:
      json_.open_object().field("type", "integer");
      bounds(schema, "minimum", "maximum");
      json_.close_object();
      return text("^[0-9]+(KiB|MiB|GiB|TiB)?$");
    case OptionType::duration:
      // As many digits as 64 bits of nanoseconds have room for.
      return text("^([0-9]{1,13}ms|[0-9]{1,10}s|[0-9]{1,9}m|[0-9]{1,7}h|[0-9]{1,6}d)$");
    case OptionType::cidr:
      return text(
          "^([0-9.]+(/([0-9]|[12][0-9]|3[0-2]))?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(/"
          "([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?)$");
    case OptionType::enumeration:
      json_.open_object().strings("enum", schema.names).close_object();
      return;
    default:
      json_.open_object().key("type").open_array().string("string").string("number").string("boolean").close_array();
      if (schema.type == OptionType::path) json_.field("minLength", 1);
      if (schema.maximum_length) json_.field("maxLength", *schema.maximum_length);
      json_.close_object();
  }
}

void JsonSchema::container(const base::Schema& schema, Scope scope) {
  switch (schema.type) {
    case OptionType::list:
      json_.field("type", "array");
      bounds(schema, "minItems", "maxItems");
      json_.key("items");
      write(*schema.element, scope);
      return;
    case OptionType::map:
      json_.field("type", "object");
      bounds(schema, "minProperties", "maxProperties");
      json_.key("additionalProperties");
      write(*schema.element, scope);
      return;
    case OptionType::structure:
      return object(schema.options, scope);
    default:
      services_.insert(schema.service);
      json_.field("$ref", "#/definitions/" + provider_name(schema.service, scope));
  }
}

}  // namespace kirsch::command
