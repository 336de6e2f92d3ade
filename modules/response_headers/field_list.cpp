// All is checked at load, so that no answer fails for it.
#include "field_list.h"

#include <algorithm>

namespace response_headers {
namespace {

template <class Entry>
void check_names(const std::string& option, const std::vector<std::pair<std::string, Entry>>& entries) {
  for (auto one = entries.begin(); one != entries.end(); ++one) {
    if (auto fault = kirsch::field_fault(one->first); !fault.empty()) throw kirsch::OptionError(option, fault);
    for (auto other = entries.begin(); other != one; ++other) {
      if (!kirsch::same_field(one->first, other->first)) continue;
      throw kirsch::OptionError(
          option, other->first + " and " + one->first + " are the same header field: write it one way, on all levels");
    }
  }
}

std::vector<std::string> lines_of(const Lines& lines) {
  if (const auto* text = std::get_if<std::string>(&lines)) return {*text};
  return std::get<std::vector<std::string>>(lines);
}

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

Statuses statuses_of(const std::string& option, const std::string& text) {
  const bool sized = text.size() == 3 && text[0] >= '2' && text[0] <= '5';
  const auto hundreds = static_cast<std::uint16_t>(sized ? (text[0] - '0') * 100 : 0);
  if (sized && text.substr(1) == "xx") return {hundreds, static_cast<std::uint16_t>(hundreds + 99)};
  if (!sized || !is_digit(text[1]) || !is_digit(text[2])) {
    throw kirsch::OptionError(option,
                              "'" + text + "' is neither a status from 200 to 599 nor one of 2xx, 3xx, 4xx, 5xx");
  }
  const auto status = static_cast<std::uint16_t>(hundreds + (text[1] - '0') * 10 + (text[2] - '0'));
  return {status, status};
}

Field field_of(const std::string& option, const std::string& name, const Entry::value_type& entry) {
  Field field{name, {}, {}};
  std::vector<std::string> values;
  if (const auto* conditional = std::get_if<Conditional>(&entry)) {
    values = lines_of(conditional->value);
    for (const auto& text : conditional->status) field.statuses.push_back(statuses_of(option, text));
  } else if (const auto* list = std::get_if<std::vector<std::string>>(&entry)) {
    values = *list;
  } else {
    values = {std::get<std::string>(entry)};
  }
  if (values.empty()) {
    throw kirsch::OptionError(option, "the list of " + name + " is empty: write off to take back an outer level, or " +
                                          "remove: { " + name + ": true }");
  }
  for (const auto& value : values) {
    if (auto fault = kirsch::field_fault(name, value); !fault.empty()) throw kirsch::OptionError(option, fault);
    field.lines.emplace_back(name, value);
  }
  return field;
}

}  // namespace

bool Field::applies_to(std::uint16_t status) const {
  return statuses.empty() || std::any_of(statuses.begin(), statuses.end(), [status](const Statuses& range) {
           return range.first <= status && status <= range.last;
         });
}

std::vector<Field> compile(std::string_view option, const Entries& entries) {
  const std::string shown(option);
  check_names(shown, entries);
  std::vector<Field> fields;
  for (const auto& [name, entry] : entries) {
    if (entry) fields.push_back(field_of(shown, name, *entry));
  }
  return fields;
}

std::vector<std::string> compile(std::string_view option, const Removals& removals) {
  check_names(std::string(option), removals);
  std::vector<std::string> names;
  for (const auto& [name, on] : removals) {
    if (on.value_or(false)) names.push_back(name);
  }
  return names;
}

}  // namespace response_headers
