// A value with all its parts, each with the place that said it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/schema.h"
#include "base/value.h"
#include "loader/catalogue.h"

namespace kirsch::command {

struct PlacedValue {
  enum class Shape : std::uint8_t { single, structure, map, list, provider };

  std::string name;       // of an option, an entry of a map or a provider; empty: an entry of a list
  std::string text;       // the whole in one line, as YAML would say it
  base::Position origin;  // file empty: a default
  Shape shape = Shape::single;
  std::vector<PlacedValue> parts = {};  // of a provider one: its name with its options
};

// `values` are those of `options`. Providers are looked up in `catalogue`, which knows all that a configuration names.
std::vector<PlacedValue> placed_values(const base::Structure& values, const std::vector<base::Option>& options,
                                       const loader::Catalogue& catalogue);

}  // namespace kirsch::command
