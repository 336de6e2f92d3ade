// Shapes: scalar, list or mapping, and what their spelling allows.
#include "config/shape.h"

#include <algorithm>
#include <variant>

#include "config/scalars.h"

namespace kirsch::config {
namespace {

using base::OptionType;
using base::Schema;

Node::Kind kind_of(const Schema& schema) {
  switch (schema.type) {
    case OptionType::list:
      return Node::Kind::sequence;
    case OptionType::map:
    case OptionType::structure:
    case OptionType::provider:
      return Node::Kind::mapping;
    default:
      return Node::Kind::scalar;
  }
}

template <class Type>
bool fits(const Parsed<Type>& parsed) {
  return std::holds_alternative<Type>(parsed);
}

bool scalar_fits(const Node& node, const Schema& schema) {
  switch (schema.type) {
    case OptionType::boolean:
      return fits(parsed_boolean(node.text));
    case OptionType::integer:
      return fits(parsed_integer(node.text));
    case OptionType::number:
      return fits(parsed_number(node.text));
    case OptionType::duration:
      return fits(parsed_duration(node.text));
    case OptionType::size:
      return fits(parsed_size(node.text));
    case OptionType::cidr:
      return fits(parsed_cidr(node.text));
    case OptionType::enumeration:
      return std::find(schema.names.begin(), schema.names.end(), node.text) != schema.names.end();
    default:
      return true;
  }
}

std::size_t known_keys(const Node& node, const Schema& schema) {
  return static_cast<std::size_t>(std::count_if(node.entries.begin(), node.entries.end(), [&](const Entry& entry) {
    return std::any_of(schema.options.begin(), schema.options.end(),
                       [&](const base::Option& option) { return option.name == entry.key.text; });
  }));
}

bool fits(const Node& node, const Schema& schema) {
  if (schema.optional && node.is_off()) return true;
  if (schema.type == OptionType::one_of)
    return std::any_of(schema.alternatives.begin(), schema.alternatives.end(),
                       [&](const Schema& one) { return fits(node, one); });
  if (node.kind != kind_of(schema)) return false;
  if (node.is_scalar()) return scalar_fits(node, schema);
  if (schema.type == OptionType::structure) return known_keys(node, schema) == node.entries.size();
  return schema.type != OptionType::provider || node.entries.size() == 1;
}

std::string joined(const std::vector<std::string>& words, const char* last) {
  std::string result;
  for (std::size_t index = 0; index < words.size(); ++index) {
    if (index > 0) result += index + 1 == words.size() ? last : ", ";
    result += words[index];
  }
  return result;
}

}  // namespace

std::string wanted(const Schema& schema) {
  switch (schema.type) {
    case OptionType::boolean:
      return "true or false";
    case OptionType::integer:
      return "a whole decimal number";
    case OptionType::number:
      return "a decimal number";
    case OptionType::string:
      return "text";
    case OptionType::enumeration:
      return joined(schema.names, " or ");
    case OptionType::duration:
      return "a duration";
    case OptionType::size:
      return "a size";
    case OptionType::path:
      return "a path";
    case OptionType::secret:
      return "a secret";
    case OptionType::cidr:
      return "an address or network";
    case OptionType::list:
      return "a list";
    case OptionType::map:
    case OptionType::structure:
      return "a mapping";
    case OptionType::provider:
      return "a mapping of one provider to its options";
    case OptionType::one_of:
      break;
  }
  std::vector<std::string> words;
  for (const Schema& one : schema.alternatives) words.push_back(wanted(one));
  return joined(words, " or ");
}

std::optional<std::size_t> alternative(const Node& node, const Schema& schema) {
  const auto& all = schema.alternatives;
  const auto fitting = std::find_if(all.begin(), all.end(), [&](const Schema& one) { return fits(node, one); });
  if (fitting != all.end()) return static_cast<std::size_t>(fitting - all.begin());
  std::optional<std::size_t> closest;
  std::size_t count = 0;
  for (std::size_t index = 0; index < all.size(); ++index) {
    if (all[index].type == OptionType::one_of || kind_of(all[index]) != node.kind) continue;
    ++count;
    if (!closest || known_keys(node, all[index]) > known_keys(node, all[*closest])) closest = index;
  }
  // Several kinds of text: none of them is what was meant, so the message names them all.
  if (node.is_scalar() && count > 1) return std::nullopt;
  return closest;
}

}  // namespace kirsch::config
