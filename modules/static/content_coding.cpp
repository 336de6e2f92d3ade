// codings with weights (RFC 9110 12.4.2).
#include "content_coding.h"

#include <algorithm>

#include "trimmed.h"

namespace static_files {
namespace {

bool same(std::string_view given, std::string_view lower) {
  return std::equal(given.begin(), given.end(), lower.begin(), lower.end(), [](char left, char right) {
    return (left >= 'A' && left <= 'Z' ? static_cast<char>(left + 32) : left) == right;
  });
}

// In thousandths; what is no weight counts as 0, so that nothing is sent that the client might not read.
int weight(std::string_view parameters) {
  const auto text = trimmed(parameters);
  if (text.empty()) return 1000;
  if (text.size() < 3 || (text[0] != 'q' && text[0] != 'Q') || text[1] != '=' || text.size() > 7) return 0;
  if (text[2] != '0' && text[2] != '1') return 0;
  int value = (text[2] - '0') * 1000, unit = 100;
  if (text.size() > 3 && text[3] != '.') return 0;
  for (const char digit : text.substr(std::min<std::size_t>(4, text.size()))) {
    if (digit < '0' || digit > '9') return 0;
    value += (digit - '0') * unit;
    unit /= 10;
  }
  return std::min(value, 1000);
}

// Nullopt: the field says nothing of it.
std::optional<int> quality(std::string_view field, std::string_view name) {
  for (auto rest = field; !rest.empty();) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto item = rest.substr(0, comma);
    const auto semicolon = std::min(item.find(';'), item.size());
    const auto token = trimmed(item.substr(0, semicolon));
    if (same(token, name) || (name == "gzip" && same(token, "x-gzip"))) {  // 8.4.1.3
      return weight(item.substr(std::min(semicolon + 1, item.size())));
    }
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return std::nullopt;
}

int wanted(std::string_view field, std::string_view name) {
  if (const auto own = quality(field, name)) return *own;
  const auto any = quality(field, "*");
  // Identity is acceptable unless refused, and least of all if not named.
  if (name == identity.name) return any && *any == 0 ? 0 : 1;
  return any.value_or(0);
}

}  // namespace

std::optional<std::size_t> choose_coding(std::optional<std::string_view> accept, std::span<const Coding> offered) {
  std::optional<std::size_t> best;
  int best_quality = 0;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    const int quality = wanted(accept.value_or(""), offered[i].name);
    if (quality > best_quality) {
      best_quality = quality;
      best = i;
    }
  }
  return best;
}

}  // namespace static_files
