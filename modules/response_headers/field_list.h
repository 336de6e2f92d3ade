// Header fields as an operator writes them, and as they are sent.
#pragma once

#include <kirsch/exchange.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace response_headers {

// One text, or one per line of that name.
using Lines = std::variant<std::string, std::vector<std::string>>;

// Only with answers of some statuses: "404", "5xx".
struct Conditional {
  Lines value;
  std::vector<std::string> status;
  static constexpr auto options = kirsch::options(
      kirsch::opt<&Conditional::value>("value", kirsch::required, "a text, or a list: one line for each"),
      kirsch::opt<&Conditional::status>("status", kirsch::required, "codes and classes: [404, 5xx]").range(1, 64));
};

// Name → what is sent; `off` takes back what an outer level says.
using Entry = std::optional<std::variant<std::string, std::vector<std::string>, Conditional>>;
using Entries = std::vector<std::pair<std::string, Entry>>;

// Name → true; false or `off` takes it back.
using Removals = std::vector<std::pair<std::string, std::optional<bool>>>;

struct Statuses {
  std::uint16_t first;
  std::uint16_t last;
};

struct Field {
  std::string name;
  std::vector<kirsch::PreparedField> lines;  // at least one
  std::vector<Statuses> statuses;            // empty: all

  bool applies_to(std::uint16_t status) const;
};

// Both throw kirsch::OptionError(option, …) for what cannot be sent, and for a name that stands there twice: in two
// spellings it would not merge over levels.
std::vector<Field> compile(std::string_view option, const Entries& entries);
std::vector<std::string> compile(std::string_view option, const Removals& removals);

}  // namespace response_headers
