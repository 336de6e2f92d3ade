// ranges-specifier, int-range and suffix-range of RFC 9110 14.1.1.
#include "byte_ranges.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "trimmed.h"

namespace static_files {
namespace {

constexpr std::size_t most_ranges = 16;

// Digits only; what is larger than any file is as large as can be. Nullopt: no number.
std::optional<std::uint64_t> number(std::string_view digits) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    const auto unit = static_cast<std::uint64_t>(digit - '0');
    value = value > (most - unit) / 10 ? most : value * 10 + unit;
  }
  return value;
}

struct Specifier {
  std::optional<std::uint64_t> first;  // none: the last `last` bytes
  std::optional<std::uint64_t> last;   // none: to the end
};

std::optional<Specifier> parse(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto before = text.substr(0, dash), after = text.substr(dash + 1);
  const Specifier specifier{number(before), number(after)};
  const bool valid = (specifier.first || before.empty()) && (specifier.last || after.empty()) &&
                     (specifier.first || specifier.last) &&
                     !(specifier.first && specifier.last && *specifier.first > *specifier.last);
  return valid ? std::optional(specifier) : std::nullopt;
}

// Nullopt: nothing of it is there.
std::optional<ByteRange> satisfy(const Specifier& specifier, std::uint64_t size) {
  if (!specifier.first) {
    const auto count = std::min(*specifier.last, size);
    return count == 0 ? std::nullopt : std::optional(ByteRange{size - count, count});
  }
  if (*specifier.first >= size) return std::nullopt;
  const auto last = std::min(specifier.last.value_or(size - 1), size - 1);
  return ByteRange{*specifier.first, last - *specifier.first + 1};
}

bool is_bytes(std::string_view unit) {
  constexpr std::string_view bytes = "bytes";  // range units compare without regard to case (14.1)
  return std::equal(unit.begin(), unit.end(), bytes.begin(), bytes.end(),
                    [](char given, char wanted) { return (given | 0x20) == wanted; });
}

}  // namespace

RangeChoice choose_ranges(std::string_view field, std::uint64_t size) {
  const auto equals = field.find('=');
  if (equals == std::string_view::npos || !is_bytes(field.substr(0, equals))) return {};
  RangeChoice choice;
  std::size_t count = 0;
  std::uint64_t sum = 0;
  bool empty_suffix = false;  // of a representation without bytes: all of it, which no Content-Range can say
  for (auto rest = field.substr(equals + 1);;) {
    const auto comma = std::min(rest.find(','), rest.size());
    if (const auto text = trimmed(rest.substr(0, comma)); !text.empty()) {  // empty elements: RFC 9110 5.6.1.2
      const auto specifier = parse(text);
      if (!specifier || ++count > most_ranges) return {};
      if (const auto range = satisfy(*specifier, size)) {
        choice.ranges.push_back(*range);
        sum += range->size;
      } else if (!specifier->first && *specifier->last != 0) {
        empty_suffix = true;
      }
    }
    if (comma == rest.size()) break;
    rest.remove_prefix(comma + 1);
  }
  if (count == 0 || empty_suffix || sum > size) return {};
  choice.unsatisfiable = choice.ranges.empty();
  return choice;
}

}  // namespace static_files
