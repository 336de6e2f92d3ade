// The schema decides which mappings are one thing in two places.
#include "config/node_merge.h"

#include <algorithm>
#include <optional>

#include "config/shape.h"

namespace kirsch::config {
namespace {

using base::OptionType;

void merge_value(Node& under, const Node& over, const base::Schema& schema, const Catalogue& catalogue);

// A mapping of two places stands where the inner one says something about it.
void move_place(Node& under, const Node& over) {
  under.source = over.source;
  under.line = over.line;
  under.column = over.column;
  under.length = over.length;
}

void merge_map(Node& under, const Node& over, const base::Schema& element, const Catalogue& catalogue) {
  move_place(under, over);
  for (const Entry& entry : over.entries) {
    const auto known = std::find_if(under.entries.begin(), under.entries.end(),
                                    [&](const Entry& one) { return one.key.text == entry.key.text; });
    if (known == under.entries.end()) {
      under.entries.push_back(entry);
    } else {
      known->key = entry.key;
      merge_value(known->value, entry.value, element, catalogue);
    }
  }
}

void merge_provider(Node& under, const Node& over, const base::Schema& schema, const Catalogue& catalogue) {
  const bool same = under.entries.size() == 1 && over.entries.size() == 1 &&
                    under.entries.front().key.text == over.entries.front().key.text &&
                    under.entries.front().value.is_mapping() && over.entries.front().value.is_mapping();
  const std::vector<base::Option>* options =
      same ? catalogue.provider(schema.service, over.entries.front().key.text) : nullptr;
  if (options == nullptr) {
    under = over;
    return;
  }
  move_place(under, over);
  under.entries.front().key = over.entries.front().key;
  merge_options(under.entries.front().value, over.entries.front().value, *options, catalogue);
}

void merge_value(Node& under, const Node& over, const base::Schema& schema, const Catalogue& catalogue) {
  if (!under.is_mapping() || !over.is_mapping()) {
    under = over;
    return;
  }
  switch (schema.type) {
    case OptionType::structure:
      merge_options(under, over, schema.options, catalogue);
      return;
    case OptionType::map:
      merge_map(under, over, *schema.element, catalogue);
      return;
    case OptionType::provider:
      merge_provider(under, over, schema, catalogue);
      return;
    case OptionType::one_of: {
      const std::optional<std::size_t> below = alternative(under, schema);
      if (below && below == alternative(over, schema)) {
        merge_value(under, over, schema.alternatives[*below], catalogue);
        return;
      }
      break;
    }
    default:
      break;
  }
  under = over;
}

}  // namespace

void merge_options(Node& under, const Node& over, const std::vector<base::Option>& options,
                   const Catalogue& catalogue) {
  move_place(under, over);
  for (const Entry& entry : over.entries) {
    const auto known = std::find_if(under.entries.begin(), under.entries.end(),
                                    [&](const Entry& one) { return one.key.text == entry.key.text; });
    const auto option = std::find_if(options.begin(), options.end(),
                                     [&](const base::Option& one) { return one.name == entry.key.text; });
    if (known == under.entries.end()) {
      under.entries.push_back(entry);
    } else if (option == options.end()) {
      *known = entry;
    } else {
      known->key = entry.key;
      merge_value(known->value, entry.value, option->schema, catalogue);
    }
  }
}

}  // namespace kirsch::config
