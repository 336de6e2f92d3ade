// Both formats are lists with a separator; they differ in what one part means.
#include "pipeline/request_pairs.h"

#include <algorithm>
#include <optional>

#include "http/characters.h"
#include "pipeline/contract_text.h"

namespace kirsch::pipeline {
namespace {

std::string_view decode(std::string_view encoded, base::Arena& arena) {
  if (encoded.find_first_of("%+") == std::string_view::npos) return encoded;
  auto* const begin = static_cast<char*>(arena.allocate(encoded.size(), 1));
  char* out = begin;
  for (std::size_t index = 0; index < encoded.size(); ++index) {
    if (encoded[index] == '%' && index + 2 < encoded.size() && http::hex_digit(encoded[index + 1]) >= 0 &&
        http::hex_digit(encoded[index + 2]) >= 0) {
      *out++ = static_cast<char>(http::hex_digit(encoded[index + 1]) * 16 + http::hex_digit(encoded[index + 2]));
      index += 2;
    } else {
      *out++ = encoded[index] == '+' ? ' ' : encoded[index];
    }
  }
  return {begin, static_cast<std::size_t>(out - begin)};
}

// With the search of the C library, which takes many bytes at once.
std::size_t parts_of(std::string_view text, char separator) {
  std::size_t count = 1;
  for (auto at = text.find(separator); at != std::string_view::npos; at = text.find(separator, at + 1)) ++count;
  return count;
}

// `pair` makes a pair of one part, or nothing.
template <class MakePair>
std::span<const kirsch_pair> split(std::string_view text, char separator, base::Arena& arena, MakePair make_pair) {
  if (text.empty()) return {};
  const auto capacity = std::min(parts_of(text, separator), max_pairs);
  auto* const pairs = static_cast<kirsch_pair*>(arena.allocate(capacity * sizeof(kirsch_pair), alignof(kirsch_pair)));
  std::size_t count = 0;
  while (!text.empty() && count < capacity) {
    const auto end = std::min(text.find(separator), text.size());
    if (const std::optional<kirsch_pair> made = make_pair(text.substr(0, end))) pairs[count++] = *made;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {pairs, count};
}

}  // namespace

std::span<const kirsch_pair> parse_form(std::string_view whole, base::Arena& arena) {
  return split(whole, '&', arena, [&](std::string_view part) -> std::optional<kirsch_pair> {
    if (part.empty()) return std::nullopt;
    const auto equals = std::min(part.find('='), part.size());
    const auto value = equals == part.size() ? std::string_view() : part.substr(equals + 1);
    return kirsch_pair{text(decode(part.substr(0, equals), arena)), text(decode(value, arena))};
  });
}

std::span<const kirsch_pair> parse_cookies(std::string_view whole, base::Arena& arena) {
  return split(whole, ';', arena, [](std::string_view part) -> std::optional<kirsch_pair> {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto name = http::trim(part.substr(0, equals));
    auto value = http::trim(part.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (name.empty()) return std::nullopt;
    return kirsch_pair{text(name), text(value)};
  });
}

}  // namespace kirsch::pipeline
