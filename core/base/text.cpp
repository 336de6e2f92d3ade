// Escapes, edit distance and units.
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace kirsch::base {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t size = 0;  // 0: no UTF-8
};

Character decode(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {};
  char32_t code = first & (0xFFU >> (size + 1));
  for (std::size_t index = 1; index < size; ++index) {
    if ((byte(index) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(index) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, size};
}

bool misleading(char32_t code) {
  return (code >= 0x80 && code <= 0x9F) || code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

template <class Number>
void append_hex(std::string& out, const char* format, Number number) {
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), format, static_cast<unsigned>(number));
  out += digits.data();
}

std::string folded(std::string_view word) {
  std::string result(word);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return result;
}

// Insertions, deletions, replacements and swaps of neighbours.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before_last(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const bool same = left[i - 1] == right[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[right.size()];
}

template <class Number, std::size_t Count>
std::string in_largest(Number number, const std::array<std::pair<Number, const char*>, Count>& units) {
  for (const auto& [amount, unit] : units)
    if (number != 0 && number % amount == 0) return std::to_string(number / amount) + unit;
  return std::to_string(number) + units.back().second;
}

// There is no smaller unit in the configuration language.
std::string milliseconds_text(std::int64_t nanoseconds) {
  std::array<char, 40> text{};
  const auto rest = static_cast<long long>(std::abs(nanoseconds % 1'000'000));
  const auto whole = static_cast<long long>(nanoseconds / 1'000'000);
  const char* const sign = nanoseconds < 0 && whole == 0 ? "-" : "";
  const auto size = std::snprintf(text.data(), text.size(), "%s%lld.%06lld", sign, whole, rest);
  std::string shown(text.data(), static_cast<std::size_t>(size));
  shown.erase(shown.find_last_not_of('0') + 1);
  return shown + "ms";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character one = decode(text);
    if (one.code == '\n' || one.code == '\t' || one.code == '\r') {
      out += one.code == '\n' ? "\\n" : one.code == '\t' ? "\\t" : "\\r";
    } else if (one.size == 0 || one.code < ' ' || one.code == 0x7F) {
      append_hex(out, "\\x%02X", static_cast<unsigned char>(text.front()));
    } else if (misleading(one.code)) {
      append_hex(out, "\\u{%X}", one.code);
    } else {
      out += text.substr(0, one.size);
    }
    text.remove_prefix(std::max<std::size_t>(one.size, 1));
  }
  return out;
}

std::size_t width(std::string_view escaped_text) {
  return static_cast<std::size_t>(std::count_if(escaped_text.begin(), escaped_text.end(),
                                                [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string as_utf8(std::string_view text) {
  std::string out;
  for (auto fault = utf8_fault(text); fault; fault = utf8_fault(text)) {
    out.append(text.substr(0, *fault)).append("\xEF\xBF\xBD");
    text.remove_prefix(*fault + 1);
  }
  return out.append(text);
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !text.empty() && letter(text.front()) && std::ranges::all_of(text, fits);
}

std::optional<std::size_t> utf8_fault(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = decode(text.substr(at)).size;
    if (size == 0) return at;
    at += size;
  }
  return std::nullopt;
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  // A longer word would cost its square, and no name is that long.
  constexpr std::size_t longest = 64;
  if (word.empty() || word.size() > longest) return std::nullopt;
  const std::string wanted = folded(word);
  const std::string* best = nullptr;
  std::size_t best_distance = wanted.size() <= 3 ? 1 : 2;
  const std::string* begun = nullptr;
  std::size_t begun_count = 0;
  for (const std::string& candidate : candidates) {
    if (candidate.empty() || candidate.size() > longest) continue;
    const std::string name = folded(candidate);
    const std::size_t away = distance(wanted, name);
    if (away < best_distance || (away == best_distance && best == nullptr && away < name.size())) {
      best = &candidate;
      best_distance = away;
    }
    if (name.starts_with(wanted) || wanted.starts_with(name)) {
      begun = &candidate;
      ++begun_count;
    }
  }
  if (best != nullptr) return *best;
  if (begun_count == 1) return *begun;
  return std::nullopt;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  const std::optional<std::string> name = nearest(word, candidates);
  return name ? "did you mean '" + *name + "'?" : std::string();
}

std::string duration_text(std::int64_t nanoseconds) {
  static constexpr std::array<std::pair<std::int64_t, const char*>, 5> units = {{{86'400'000'000'000, "d"},
                                                                                 {3'600'000'000'000, "h"},
                                                                                 {60'000'000'000, "m"},
                                                                                 {1'000'000'000, "s"},
                                                                                 {1'000'000, "ms"}}};
  if (nanoseconds == 0) return "0s";
  if (nanoseconds % 1'000'000 != 0) return milliseconds_text(nanoseconds);
  return in_largest(nanoseconds, units);
}

std::string size_text(std::uint64_t bytes) {
  static constexpr std::array<std::pair<std::uint64_t, const char*>, 5> units = {
      {{1ULL << 40, "TiB"}, {1ULL << 30, "GiB"}, {1ULL << 20, "MiB"}, {1ULL << 10, "KiB"}, {1, ""}}};
  return in_largest(bytes, units);
}

}  // namespace kirsch::base
