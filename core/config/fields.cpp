// Makers of schemas.
#include "config/fields.h"

#include <memory>

namespace kirsch::config {
namespace {

base::Schema of_type(base::OptionType type) {
  base::Schema schema;
  schema.type = type;
  return schema;
}

base::Schema bounded(base::OptionType type, double minimum, double maximum) {
  base::Schema schema = of_type(type);
  schema.minimum = minimum;
  schema.maximum = maximum;
  return schema;
}

constexpr std::int64_t millisecond = 1'000'000;

}  // namespace

base::Schema boolean() { return of_type(base::OptionType::boolean); }

base::Schema integer(std::int64_t minimum, std::int64_t maximum) {
  return bounded(base::OptionType::integer, static_cast<double>(minimum), static_cast<double>(maximum));
}

base::Schema duration(std::chrono::milliseconds minimum, std::chrono::milliseconds maximum) {
  base::Schema schema = bounded(base::OptionType::duration, static_cast<double>(minimum.count() * millisecond),
                                static_cast<double>(maximum.count() * millisecond));
  schema.unit_ns = millisecond;
  return schema;
}

base::Schema size(std::uint64_t minimum, std::uint64_t maximum) {
  return bounded(base::OptionType::size, static_cast<double>(minimum), static_cast<double>(maximum));
}

base::Schema text(std::uint64_t maximum_length) {
  base::Schema schema = of_type(base::OptionType::string);
  schema.maximum_length = maximum_length;
  return schema;
}

base::Schema path() { return of_type(base::OptionType::path); }

base::Schema network() { return of_type(base::OptionType::cidr); }

base::Schema enumeration(std::vector<std::string> names) {
  base::Schema schema = of_type(base::OptionType::enumeration);
  schema.names = std::move(names);
  return schema;
}

base::Schema list_of(base::Schema element) {
  base::Schema schema = of_type(base::OptionType::list);
  schema.element = std::make_shared<const base::Schema>(std::move(element));
  return schema;
}

base::Schema map_of(base::Schema element) {
  base::Schema schema = of_type(base::OptionType::map);
  schema.element = std::make_shared<const base::Schema>(std::move(element));
  return schema;
}

base::Schema one_of(std::vector<base::Schema> alternatives) {
  base::Schema schema = of_type(base::OptionType::one_of);
  schema.alternatives = std::move(alternatives);
  return schema;
}

base::Schema structure(std::vector<base::Option> options) {
  base::Schema schema = of_type(base::OptionType::structure);
  schema.options = std::move(options);
  return schema;
}

base::Schema or_off(base::Schema schema) {
  schema.optional = true;
  return schema;
}

std::chrono::milliseconds as_milliseconds(const base::Value& value) {
  return std::chrono::milliseconds(as_integer(value) / millisecond);
}

}  // namespace kirsch::config
