// Values of single types.
#include <cmath>
#include <filesystem>
#include <system_error>

#include "base/text.h"
#include "config/code.h"
#include "config/reader.h"
#include "config/scalars.h"
#include "config/secret_file.h"
#include "config/shape.h"

namespace kirsch::config {
using base::OptionType;

bool Reader::in_range(const Node& node, const base::Schema& schema, const std::string& what, double number) {
  const bool low = schema.minimum && number < *schema.minimum;
  const bool high = schema.maximum && number > *schema.maximum;
  if (!low && !high) return true;
  findings_.error(node, code::out_of_range,
                  what + " wants at " + (low ? "least " : "most ") +
                      bound_text(schema, low ? *schema.minimum : *schema.maximum) + ", not '" + node.text + "'");
  return false;
}

Reader::Result Reader::scalar(const Node& node, const base::Schema& schema, const std::string& what) {
  if (!node.is_scalar()) {
    unfit(node, schema, what);
    return std::nullopt;
  }
  const auto taken = [&](auto&& parsed) -> Result {
    using Type = std::variant_alternative_t<0, std::decay_t<decltype(parsed)>>;
    if (const Misfit* misfit = std::get_if<Misfit>(&parsed)) {
      const bool off = schema.optional;
      findings_.error(node, code::wrong_type,
                      what + " wants " + misfit->why + (off ? ", or off" : "") + ", not " + description(node),
                      {.note = misfit->note});
      return std::nullopt;
    }
    Type& value = std::get<Type>(parsed);
    if constexpr (!std::is_same_v<Type, std::string> && !std::is_same_v<Type, bool>)
      if (!in_range(node, schema, what, static_cast<double>(value))) return std::nullopt;
    return base::Value{std::move(value), node.position()};
  };
  switch (schema.type) {
    case OptionType::boolean:
      return taken(parsed_boolean(node.text));
    case OptionType::integer:
      return taken(parsed_integer(node.text));
    case OptionType::number:
      return taken(parsed_number(node.text));
    case OptionType::size:
      return taken(parsed_size(node.text));
    case OptionType::cidr:
      return taken(parsed_cidr(node.text));
    case OptionType::duration:
      return duration(node, schema, what, taken(parsed_duration(node.text)));
    case OptionType::enumeration:
      return enumeration(node, schema, what);
    case OptionType::path:
      return path(node, what);
    case OptionType::secret:
      return secret(node, schema, what);
    default:
      return text(node, schema, what);
  }
}

Reader::Result Reader::duration(const Node& node, const base::Schema& schema, const std::string& what, Result result) {
  if (!result || schema.unit_ns <= 1 || std::get<std::int64_t>(result->data) % schema.unit_ns == 0) return result;
  findings_.error(node, code::out_of_range,
                  what + " is counted in steps of " + base::duration_text(schema.unit_ns) + ", which '" + node.text +
                      "' is no multiple of");
  return std::nullopt;
}

Reader::Result Reader::text(const Node& node, const base::Schema& schema, const std::string& what) {
  if (schema.maximum_length && node.text.size() > *schema.maximum_length) {
    findings_.error(node, code::out_of_range,
                    what + " wants at most " + std::to_string(*schema.maximum_length) + " bytes, not " +
                        std::to_string(node.text.size()));
    return std::nullopt;
  }
  return base::Value{node.text, node.position()};
}

Reader::Result Reader::enumeration(const Node& node, const base::Schema& schema, const std::string& what) {
  for (std::size_t index = 0; index < schema.names.size(); ++index)
    if (schema.names[index] == node.text) return base::Value{static_cast<std::int64_t>(index), node.position()};
  findings_.error(
      node, code::wrong_type,
      what + " wants " + wanted(schema) + (schema.optional ? ", or off" : "") + ", not " + description(node),
      {.note = base::did_you_mean(node.text, schema.names)});
  return std::nullopt;
}

namespace {
std::string absolute(const std::string& path, const std::string& directory) {
  return std::filesystem::absolute(std::filesystem::path(directory) / path).lexically_normal().string();
}
}  // namespace

Reader::Result Reader::path(const Node& node, const std::string& what) {
  if (node.text.empty()) {
    findings_.error(node, code::wrong_type, what + " wants a path, not empty text");
    return std::nullopt;
  }
  if (node.text.starts_with("~/"))
    findings_.warning(node, code::unused, "'~' is not the home directory here",
                      {.note = {}, .help = "write ${HOME}" + node.text.substr(1)});
  return base::Value{absolute(node.text, node.source == nullptr ? directory_ : node.source->directory()),
                     node.position()};
}

Reader::Result Reader::secret(const Node& node, const base::Schema& schema, const std::string& what) {
  Node bare = node;
  if (node.text.starts_with("file:")) {
    const std::string path = absolute(node.text.substr(5), node.source == nullptr ? "" : node.source->directory());
    Parsed<SecretFile> file = read_secret(path);
    if (const Misfit* misfit = std::get_if<Misfit>(&file)) {
      findings_.error(node, code::unreadable_secret, what + ": " + misfit->why);
      return std::nullopt;
    }
    auto& secret = std::get<SecretFile>(file);
    if (!secret.readers.empty())
      findings_.warning(
          node, code::readable_secret, secret.readers + " may read the secret in '" + path + "'",
          {.note = {}, .help = "chmod " + std::string(secret.readers == "everybody" ? "o-r " : "g-r ") + path});
    bare.text = std::move(secret.contents);
  }
  Result result = text(bare, schema, what);
  if (result) result->secret = true;
  return result;
}

}  // namespace kirsch::config
