// Strict readers of booleans, numbers, durations, sizes and networks.
#include "config/scalars.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace kirsch::config {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), digit); }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// Why digits with an optional minus are no decimal number, or nothing.
std::string decimal_note(std::string_view text) {
  std::string_view bare = text;
  if (bare.starts_with('-') || bare.starts_with('+')) bare.remove_prefix(1);
  if (bare.starts_with("0x") || bare.starts_with("0X") || bare.starts_with("0o") || bare.starts_with("0b"))
    return "write it as a decimal number";
  if (bare.size() > 1 && bare.front() == '0' && digits(bare)) return "a decimal number has no leading zeros";
  if (bare.find('_') != std::string_view::npos || bare.find(',') != std::string_view::npos)
    return "write the digits without separators";
  if (text.starts_with('+')) return "leave out the plus sign";
  return {};
}

bool is_decimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return digits(text) && (text.size() == 1 || text.front() != '0');
}

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 5> duration_units = {{{"ms", 1'000'000},
                                                 {"s", 1'000'000'000},
                                                 {"m", 60'000'000'000},
                                                 {"h", 3'600'000'000'000},
                                                 {"d", 86'400'000'000'000}}};
constexpr std::array<Unit, 4> size_units = {{{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

// Splits "30s" into 30 and "s"; no number: nothing.
std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  if (end == 0) return std::nullopt;
  return std::pair{text.substr(0, end), text.substr(end)};
}

Parsed<std::int64_t> in_units(std::string_view text, std::span<const Unit> units, const Misfit& misfit) {
  const auto parts = split(text);
  if (!parts || !is_decimal(parts->first)) return misfit;
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& one) { return one.name == parts->second; });
  if (unit == units.end()) return misfit;
  const Parsed<std::int64_t> count = parsed_integer(parts->first);
  const auto* number = std::get_if<std::int64_t>(&count);
  if (number == nullptr || *number > std::numeric_limits<std::int64_t>::max() / unit->factor)
    return Misfit{misfit.why, "this is too large to count"};
  return *number * unit->factor;
}

std::string duration_note(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return "write it as 30s, 5m, 2h, 7d or 150ms";
  const std::string unit = lower(parts->second);
  const std::string number(parts->first);
  if (unit.empty()) return "a duration needs a unit: " + number + "s, " + number + "m, " + number + "ms";
  constexpr std::array<std::pair<std::string_view, std::string_view>, 16> known = {{{"s", "s"},
                                                                                    {"sec", "s"},
                                                                                    {"secs", "s"},
                                                                                    {"second", "s"},
                                                                                    {"seconds", "s"},
                                                                                    {"m", "m"},
                                                                                    {"min", "m"},
                                                                                    {"mins", "m"},
                                                                                    {"minutes", "m"},
                                                                                    {"h", "h"},
                                                                                    {"hours", "h"},
                                                                                    {"hour", "h"},
                                                                                    {"d", "d"},
                                                                                    {"day", "d"},
                                                                                    {"days", "d"},
                                                                                    {"msec", "ms"}}};
  const std::string word = unit.substr(std::min(unit.find_first_not_of(' '), unit.size()));
  for (const auto& [theirs, ours] : known)
    if (word == theirs) return "write " + number + std::string(ours);
  return "write one number and one unit: 30s, 5m, 2h, 7d or 150ms";
}

std::string size_note(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return "write it as 512, 64KiB, 1MiB or 2GiB";
  const std::string unit = lower(parts->second);
  const std::size_t letter = std::min(unit.find_first_not_of(' '), unit.size());
  const std::string word = unit.substr(letter);
  const std::string number(parts->first);
  if (word == "b" || word == "bytes") return "write " + number;
  for (const Unit& one : size_units) {
    if (one.name.empty()) continue;
    const std::string name = lower(one.name);
    if (word == name || word == name.substr(0, 1) || word == name.substr(0, 1) + "b")
      return "write " + number + std::string(one.name);
  }
  return "write one whole number and one unit: 512, 64KiB, 1MiB or 2GiB";
}

}  // namespace

Parsed<bool> parsed_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  const std::string word = lower(text);
  std::string note;
  if (word == "yes" || word == "on" || word == "y" || word == "1" || word == "true" || word == "enabled")
    note = "write true";
  if (word == "no" || word == "off" || word == "n" || word == "0" || word == "false" || word == "disabled")
    note = "write false";
  return Misfit{"true or false", note};
}

Parsed<std::int64_t> parsed_integer(std::string_view text) {
  const Misfit misfit{"a whole decimal number", decimal_note(text)};
  if (!is_decimal(text)) return misfit;
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault == std::errc::result_out_of_range) return Misfit{misfit.why, "it needs more than 64 bits"};
  return number;
}

Parsed<double> parsed_number(std::string_view text) {
  const Misfit misfit{"a decimal number", decimal_note(text)};
  const std::size_t whole = std::min(text.find_first_of(".eE"), text.size());
  if (!is_decimal(text.substr(0, whole))) return misfit;
  double number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return misfit;
  return number;
}

Parsed<std::int64_t> parsed_duration(std::string_view text) {
  return in_units(text, duration_units, Misfit{"a duration", duration_note(text)});
}

Parsed<std::int64_t> parsed_size(std::string_view text) {
  return in_units(text, size_units, Misfit{"a size", size_note(text)});
}

Parsed<std::string> parsed_cidr(std::string_view text) {
  const Misfit misfit{"an address or network", "write it as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32"};
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  std::string bytes(17, '\0');
  std::int64_t most = 128;
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) {
    bytes.replace(0, 12, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    if (::inet_pton(AF_INET, address.c_str(), bytes.data() + 12) != 1) return misfit;
    most = 32;
  }
  std::int64_t length = most;
  if (slash != std::string_view::npos) {
    const Parsed<std::int64_t> number = parsed_integer(text.substr(slash + 1));
    const auto* bits = std::get_if<std::int64_t>(&number);
    if (bits == nullptr) return misfit;
    if (*bits < 0 || *bits > most) return Misfit{misfit.why, "its prefix has 0 to " + std::to_string(most) + " bits"};
    length = *bits;
  }
  const auto prefix = static_cast<unsigned>(128 - most + length);
  for (unsigned bit = prefix; bit < 128; ++bit)
    if ((static_cast<unsigned char>(bytes[bit / 8]) & (0x80U >> (bit % 8))) != 0)
      return Misfit{misfit.why, "bits behind the first " + std::to_string(length) + " must be 0"};
  bytes[16] = static_cast<char>(prefix);
  return bytes;
}

std::string network_text(const std::string& bytes) {
  std::array<char, INET6_ADDRSTRLEN> name{};
  const bool four = bytes.compare(0, 12, std::string("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12)) == 0;
  ::inet_ntop(four ? AF_INET : AF_INET6, bytes.data() + (four ? 12 : 0), name.data(), name.size());
  const int prefix = static_cast<unsigned char>(bytes[16]) - (four ? 96 : 0);
  return name.data() + (prefix == (four ? 32 : 128) ? std::string() : "/" + std::to_string(prefix));
}

std::string bound_text(const base::Schema& schema, double number) {
  if (schema.type == base::OptionType::number) {
    std::string text = std::to_string(number);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
  }
  const auto whole = base::whole_limit(number);
  if (schema.type == base::OptionType::duration) return base::duration_text(whole);
  if (schema.type == base::OptionType::size) return base::size_text(static_cast<std::uint64_t>(whole));
  return std::to_string(whole);
}

}  // namespace kirsch::config
