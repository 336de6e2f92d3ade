// One case per shape; alternatives are what was chosen.
#include "command/placed_value.h"

#include <algorithm>

#include "command/option_text.h"

namespace kirsch::command {
namespace {

using Shape = PlacedValue::Shape;

class Placing {
 public:
  explicit Placing(const loader::Catalogue& catalogue) : catalogue_(catalogue) {}

  std::vector<PlacedValue> structure(const base::Structure& values, const std::vector<base::Option>& options) const {
    std::vector<PlacedValue> parts;
    for (std::size_t index = 0; index < options.size(); ++index)
      parts.push_back(one(options[index].name, values.values[index], options[index].schema));
    return parts;
  }

 private:
  PlacedValue one(const std::string& name, const base::Value& value, const base::Schema& schema) const {
    if (const auto* choice = std::get_if<base::Choice>(&value.data))
      return one(name, choice->value.front(), schema.alternatives[choice->index]);
    PlacedValue placed{name, value_text(value, schema), value.origin};
    if (const auto* values = std::get_if<base::Structure>(&value.data)) {
      placed.shape = Shape::structure;
      placed.parts = structure(*values, schema.options);
    } else if (const auto* list = std::get_if<base::Value::List>(&value.data)) {
      placed.shape = Shape::list;
      for (const auto& entry : *list) placed.parts.push_back(one({}, entry, *schema.element));
    } else if (const auto* map = std::get_if<base::Value::Map>(&value.data)) {
      placed.shape = Shape::map;
      for (const auto& [key, entry] : *map) placed.parts.push_back(one(key, entry, *schema.element));
    } else if (const auto* use = std::get_if<base::ProviderUse>(&value.data)) {
      placed.shape = Shape::provider;
      placed.parts.push_back(provider(*use));
    }
    return placed;
  }

  PlacedValue provider(const base::ProviderUse& use) const {
    const auto known = catalogue_.providers(use.service);
    const auto found = std::ranges::find_if(known, [&](const auto* one) { return one->offer().name == use.name; });
    base::Schema schema;
    schema.type = base::OptionType::structure;
    schema.options = (*found)->offer().options;
    return one(use.name, use.options.front(), schema);
  }

  const loader::Catalogue& catalogue_;
};

}  // namespace

std::vector<PlacedValue> placed_values(const base::Structure& values, const std::vector<base::Option>& options,
                                       const loader::Catalogue& catalogue) {
  return Placing(catalogue).structure(values, options);
}

}  // namespace kirsch::command
