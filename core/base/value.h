// A validated option value with the place it came from. Its shape follows the schema; the pipeline lowers it to
// kirsch_value.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/diagnostic.h"

namespace kirsch::base {

struct Value;
struct MapEntry;

struct Choice {  // one_of: index of the alternative and its value (exactly one element)
  std::uint32_t index = 0;
  std::vector<Value> value;
};

struct ProviderUse {  // provider: its name and its validated options (exactly one structure)
  std::string service;
  std::string name;
  std::vector<Value> options;
};

struct Structure {  // one per option of the schema, in its order, defaults filled in
  std::vector<Value> values;
};

struct Value {
  using List = std::vector<Value>;
  using Map = std::vector<MapEntry>;
  // monostate: an optional that is off. int64: integer, duration (ns), size (bytes), enumeration (index).
  // string: string, path, secret, cidr (17 bytes: address in 16, prefix length of 128 in one).
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Map, Structure, Choice, ProviderUse> data;
  Position origin;      // file empty: the default of the schema
  bool secret = false;  // print as ***
};

// A type of its own, because a pair of an incomplete type would have to be complete above.
struct MapEntry {
  std::string key;
  Value value;
};

// The same value, wherever it stands.
bool same(const Value& left, const Value& right);
bool same(const Structure& left, const Structure& right);

}  // namespace kirsch::base
