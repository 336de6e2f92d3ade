// The schema of options: what a module's manifest declares and what the configuration is checked against.
// The loader makes it from JSON, config validates YAML with it; the core's own settings use it too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kirsch::base {

enum class OptionType : std::uint8_t {
  boolean,      // true or false, nothing else
  integer,      // decimal; minimum, maximum
  number,       // decimal; minimum, maximum
  string,       // maximum_length
  enumeration,  // one of names
  duration,     // 150ms, 30s, 5m, 2h, 7d → nanoseconds; a multiple of unit_ns; minimum, maximum in ns
  size,         // 512, 64KiB, 1MiB, 2GiB → bytes; minimum, maximum
  path,         // relative ones are relative to the file they stand in → absolute
  secret,       // literal, or file:/path → its contents without the last newline; printed as ***
  cidr,         // 10.0.0.0/8, 2001:db8::/32, a single address
  list,         // of element
  map,          // string → element, order kept
  structure,    // options
  one_of,       // alternatives, the first that fits by shape
  provider,     // { name: options } where name provides the service `service`
};

struct Option;

// One type, with whatever belongs to it.
struct Schema {
  OptionType type = OptionType::string;
  bool optional = false;                   // `off` is allowed and means none
  std::optional<double> minimum, maximum;  // integer, number, duration (ns), size (bytes), list and map (count)
  std::optional<std::uint64_t> maximum_length;
  std::int64_t unit_ns = 1;               // duration
  std::vector<std::string> names;         // enumeration
  std::vector<Option> options;            // structure
  std::vector<Schema> alternatives;       // one_of
  std::shared_ptr<const Schema> element;  // list, map
  std::string service;                    // provider
};

// The integer that is nearest to a minimum or maximum, which may lie beyond all of them.
inline std::int64_t whole_limit(double limit) {
  if (limit >= 0x1p63) return INT64_MAX;
  return limit <= -0x1p63 ? INT64_MIN : static_cast<std::int64_t>(limit);
}

struct Option {
  std::string name;
  std::string help;
  std::optional<std::string> default_text;  // a YAML flow fragment ("730d", "[a, b]", "{}", "off"); none: required
  Schema schema;
};

}  // namespace kirsch::base
