// One case per kind of value.
#include "pipeline/lowering.h"

#include <cassert>

namespace kirsch::pipeline {
namespace {

kirsch_value scalar(kirsch_value_kind kind) {
  kirsch_value value{};
  value.kind = kind;
  return value;
}

kirsch_value text_value(const std::string& text) {
  auto value = scalar(KIRSCH_VALUE_TEXT);
  value.as.text = {text.data(), text.size()};
  return value;
}

kirsch_value array(kirsch_value_kind kind, std::size_t count, const kirsch_value* items) {
  auto value = scalar(kind);
  value.count = static_cast<std::uint32_t>(count);
  value.as.items = items;
  return value;
}

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

LoweredOptions::LoweredOptions(const base::Structure& options, const ProviderResolver& resolve) : resolve_(resolve) {
  root_ = lower(options);
}

const kirsch_value* LoweredOptions::keep(std::vector<kirsch_value> values) {
  return arrays_.emplace_back(std::move(values)).data();
}

kirsch_value LoweredOptions::lower(const base::Structure& structure) {
  std::vector<kirsch_value> items;
  for (const auto& value : structure.values) items.push_back(lower(value));
  const auto count = items.size();
  return array(KIRSCH_VALUE_STRUCT, count, keep(std::move(items)));
}

kirsch_value LoweredOptions::lower(const base::Value& value) {
  return std::visit(Overloaded{
                        [](std::monostate) { return scalar(KIRSCH_VALUE_NONE); },
                        [](bool on) {
                          auto made = scalar(KIRSCH_VALUE_BOOLEAN);
                          made.as.boolean = on ? 1 : 0;
                          return made;
                        },
                        [](std::int64_t number) {
                          auto made = scalar(KIRSCH_VALUE_INTEGER);
                          made.as.integer = number;
                          return made;
                        },
                        [](double number) {
                          auto made = scalar(KIRSCH_VALUE_NUMBER);
                          made.as.number = number;
                          return made;
                        },
                        [](const std::string& text) { return text_value(text); },
                        [this](const base::Value::List& list) {
                          std::vector<kirsch_value> items;
                          for (const auto& item : list) items.push_back(lower(item));
                          return array(KIRSCH_VALUE_LIST, list.size(), keep(std::move(items)));
                        },
                        [this](const base::Value::Map& map) {
                          std::vector<kirsch_value> items;
                          for (const auto& [key, item] : map) {
                            items.push_back(text_value(key));
                            items.push_back(lower(item));
                          }
                          return array(KIRSCH_VALUE_MAP, map.size(), keep(std::move(items)));
                        },
                        [this](const base::Structure& structure) { return lower(structure); },
                        [this](const base::Choice& choice) {
                          assert(choice.value.size() == 1);
                          return array(KIRSCH_VALUE_CHOICE, choice.index, keep({lower(choice.value.front())}));
                        },
                        [this, &value](const base::ProviderUse& use) {
                          auto made = scalar(KIRSCH_VALUE_SERVICE);
                          made.as.service = resolve_(use, value.origin);
                          return made;
                        },
                    },
                    value.data);
}

}  // namespace kirsch::pipeline
