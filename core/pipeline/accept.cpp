// The most precise of the media ranges that name a type decides.
#include "pipeline/accept.h"

#include <algorithm>

#include "http/characters.h"

namespace kirsch::pipeline {
namespace {

std::string_view next_part(std::string_view& rest, char separator) {
  const auto end = std::min(rest.find(separator), rest.size());
  const auto part = http::trim(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

// RFC 9110 12.4.2: 0 to 1 with up to three decimals. What is no such number counts as 0.
unsigned thousandths(std::string_view weight) {
  if (weight.starts_with('1')) return 1000;
  if (!weight.starts_with("0.")) return 0;
  unsigned value = 0;
  unsigned unit = 100;
  for (const char digit : weight.substr(2, 3)) {
    if (digit < '0' || digit > '9') return 0;
    value += unit * static_cast<unsigned>(digit - '0');
    unit /= 10;
  }
  return value;
}

unsigned weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto parameter = next_part(parameters, ';');
    if (parameter.starts_with("q=") || parameter.starts_with("Q=")) return thousandths(parameter.substr(2));
  }
  return 1000;
}

// How well a media range names `type`: 0 not at all, 1 by */*, 2 by type/*, 3 exactly.
int precision(std::string_view range, std::string_view type) {
  if (range == "*/*") return 1;
  if (http::equal_ignoring_case(range, type)) return 3;
  const auto slash = type.find('/') + 1;
  const bool all_below = range.size() == slash + 1 && range.back() == '*';
  return all_below && http::equal_ignoring_case(range.substr(0, slash), type.substr(0, slash)) ? 2 : 0;
}

}  // namespace

unsigned quality(std::string_view accept, std::string_view type) {
  if (http::trim(accept).empty()) return 1000;
  int best = 0;
  unsigned weight = 0;
  while (!accept.empty()) {
    auto part = next_part(accept, ',');
    const auto range = next_part(part, ';');
    if (const int match = precision(range, type); match > best) {
      best = match;
      weight = weight_of(part);
    }
  }
  return weight;
}

}  // namespace kirsch::pipeline
