// Options of a tool, handler or plugin: declared once, next to the members they fill. The same declaration makes the
// manifest's schema (so `kirsch check` validates YAML without running the module), the help, and the assignment at
// load.
#pragma once

#include <kirsch/abi.h>

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

// Durations, clocks and unique_ptr, apart from calendars, streams and atomics where the library has them so.
#if __has_include(<bits/chrono.h>) && __has_include(<bits/unique_ptr.h>)
#include <bits/chrono.h>
#include <bits/unique_ptr.h>
#else
#include <chrono>
#include <memory>
#endif

namespace kirsch {

// Types of options that the language has no word for.
struct Size {  // "64KiB" in YAML
  std::uint64_t bytes = 0;
};
struct Path {  // absolute when it arrives
  std::string text;
};
struct Secret {  // a literal or "file:/path" in YAML; never print it
  std::string text;
};
class Cidr {  // "10.0.0.0/8" or "2001:db8::/32" in YAML
 public:
  // True if the address (IPv4 as v4-mapped IPv6) lies in the network.
  bool contains(const kirsch_address& address) const {
    for (unsigned bit = 0; bit < prefix_; bit += 8) {
      const unsigned left = prefix_ - bit;
      const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xFF : 0xFF << (8 - left));
      if (((bytes_[bit / 8] ^ address.bytes[bit / 8]) & mask) != 0) return false;
    }
    return address.family == 4 || address.family == 6;
  }

 private:
  friend void read(const kirsch_value&, Cidr&);
  std::array<std::uint8_t, 16> bytes_{};
  std::uint8_t prefix_ = 0;
};
// An instance of a service that YAML chooses by name (`storage: { redis: {…} }`). `Table` is the struct of the
// service's functions and has a member `static constexpr std::string_view id`. Owned by the host; lives as long as the
// instance that has the option.
template <class Table>
struct Provider {
  const Table* table = nullptr;
  void* self = nullptr;
};

// Throw from `prepare` to refuse an option; the operator sees the sentence at the option's place in the YAML. Any other
// exception says that the module itself cannot go on.
struct OptionError : std::invalid_argument {
  OptionError(std::string option_name, const std::string& sentence)
      : std::invalid_argument(sentence), option(std::move(option_name)) {}
  std::string option;
};

namespace detail {

// What one hop says to the next (RFC 9110 7.6.1), and what the server writes itself.
inline constexpr std::string_view fields_of_the_server[] = {"connection", "content-length",   "date",
                                                            "keep-alive", "proxy-connection", "trailer",
                                                            "upgrade",    "transfer-encoding"};

constexpr bool is_token(std::string_view text) {  // RFC 9110 5.6.2
  constexpr std::string_view allowed = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return !text.empty() && text.size() <= UINT16_MAX && text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr bool is_field_value(std::string_view text) {  // RFC 9110 5.5
  bool good = text.find_first_of(" \t") != 0 && text.find_last_not_of(" \t") + 1 == text.size();
  for (const char byte : text) good = good && byte != 0x7F && (byte == '\t' || static_cast<unsigned char>(byte) > 0x1F);
  return good;
}

// The edit distance of optimal string alignment.
inline std::size_t changes(std::string_view left, std::string_view right) {
  const auto fewer = [](std::size_t one, std::size_t other) { return one < other ? one : other; };
  std::vector<std::size_t> before(right.size() + 1), above(right.size() + 1), row(right.size() + 1);
  for (std::size_t column = 0; column <= right.size(); ++column) above[column] = column;
  for (std::size_t line = 1; line <= left.size(); ++line) {
    row[0] = line;
    for (std::size_t column = 1; column <= right.size(); ++column) {
      const std::size_t replaced = left[line - 1] == right[column - 1] ? 0 : 1;
      row[column] = fewer(fewer(above[column], row[column - 1]) + 1, above[column - 1] + replaced);
      const bool exchanged =
          line > 1 && column > 1 && left[line - 1] == right[column - 2] && left[line - 2] == right[column - 1];
      if (exchanged) row[column] = fewer(row[column], before[column - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[right.size()];
}

}  // namespace detail

// Names of header fields compare without regard to case (RFC 9110 5.1).
constexpr bool same_field(std::string_view name, std::string_view other) {
  const auto lower = [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte; };
  bool same = name.size() == other.size();
  for (std::size_t at = 0; same && at < name.size(); ++at) same = lower(name[at]) == lower(other[at]);
  return same;
}

// For a header field that the configuration names, to be asked at load: why it cannot be set, as a sentence; empty: it
// can, and ResponseHeaders takes it.
inline std::string field_fault(std::string_view field_name, std::string_view field_value = {}) {
  const std::string shown(field_name);
  for (const auto name : detail::fields_of_the_server) {
    if (same_field(field_name, name)) return shown + " belongs to the server, which sets it itself";
  }
  if (!detail::is_token(field_name)) return "'" + shown + "' is not the name of a header field";
  if (detail::is_field_value(field_value)) return {};
  return "the value of " + shown + " holds a line end, another control character or outer space";
}

// For a name in an option's text that is not known: the one of `names` that was most likely meant. Empty: none is near
// enough for a slip of the keyboard, which changes at most a third of the letters; two exchanged ones are one change.
inline std::string_view nearest(std::string_view written, std::span<const std::string_view> names) {
  std::string_view best;
  auto fewest = (written.size() < 3 ? 1 : written.size() / 3) + 1;
  for (const auto name : names) {
    if (name.size() >= written.size() + fewest || written.size() >= name.size() + fewest) continue;
    const auto changes = detail::changes(written, name);
    if (changes < fewest) {
      best = name;
      fewest = changes;
    }
  }
  return best;
}

struct Required {};
inline constexpr Required required;  // in place of a default

namespace detail {
template <class Member>
struct member_of;
template <class Owner, class Type>
struct member_of<Type Owner::*> {
  using owner = Owner;
  using type = Type;
};
}  // namespace detail

// One option; made by `opt`, refined by the functions below.
template <auto Member>
struct Option {
  using Owner = typename detail::member_of<decltype(Member)>::owner;
  using Type = typename detail::member_of<decltype(Member)>::type;
  static constexpr auto member = Member;

  std::string_view name;
  std::string_view help;
  std::string_view default_text;
  bool is_required = false;
  bool has_range = false;
  std::int64_t minimum = 0;  // integers; durations in nanoseconds; sizes in bytes; lists and maps by count
  std::int64_t maximum = 0;
  std::uint64_t longest = 0;  // strings; 0: no limit

  consteval Option range(std::int64_t low, std::int64_t high) const {
    auto copy = *this;
    copy.has_range = true;
    copy.minimum = low;
    copy.maximum = high;
    return copy;
  }
  consteval Option max_length(std::uint64_t bytes) const {
    auto copy = *this;
    copy.longest = bytes;
    return copy;
  }
};

// `default_text` is YAML as an operator would write it: "DENY", "730d", "[a, b]", "{}", "off".
template <auto Member>
consteval auto opt(std::string_view name, std::string_view default_text, std::string_view help) {
  return Option<Member>{.name = name, .help = help, .default_text = default_text};
}
template <auto Member>
consteval auto opt(std::string_view name, Required, std::string_view help) {
  return Option<Member>{.name = name, .help = help, .default_text = {}, .is_required = true};
}

template <class... Options>
struct OptionList {
  std::tuple<Options...> list;
};
template <class... Options>
consteval auto options(Options... list) {
  return OptionList<Options...>{std::tuple<Options...>(list...)};
}

// A struct of options: it has `static constexpr auto options = kirsch::options(…)`.
template <class Type>
concept Configurable = requires {
  Type::options.list;
};

// An enumeration that may be an option: `constexpr auto kirsch_names(Mode) { return std::array<std::string_view,
// 2>{"a", "b"}; }` beside it, values 0, 1, ….
template <class Type>
concept NamedEnumeration = std::is_enum_v<Type> && requires(Type value) {
  kirsch_names(value).size();
};

// ---- From host values to members; the host has validated them
// --------------------------------------------------------------

inline std::string_view view(kirsch_text text) { return {text.data, text.size}; }
inline kirsch_text text(std::string_view view) { return {view.data(), view.size()}; }

inline void read(const kirsch_value& value, bool& out) { out = value.as.boolean != 0; }
template <std::integral Integer>
void read(const kirsch_value& value, Integer& out) {
  out = static_cast<Integer>(value.as.integer);
}
template <std::floating_point Number>
void read(const kirsch_value& value, Number& out) {
  out = static_cast<Number>(value.as.number);
}
template <NamedEnumeration Enumeration>
void read(const kirsch_value& value, Enumeration& out) {
  out = static_cast<Enumeration>(value.as.integer);
}
inline void read(const kirsch_value& value, std::string& out) { out.assign(value.as.text.data, value.as.text.size); }
inline void read(const kirsch_value& value, Path& out) { read(value, out.text); }
inline void read(const kirsch_value& value, Secret& out) { read(value, out.text); }
inline void read(const kirsch_value& value, Size& out) { out.bytes = static_cast<std::uint64_t>(value.as.integer); }
inline void read(const kirsch_value& value, Cidr& out) {
  std::memcpy(out.bytes_.data(), value.as.text.data, 16);
  out.prefix_ = static_cast<std::uint8_t>(value.as.text.data[16]);
}
template <class Count, class Period>
void read(const kirsch_value& value, std::chrono::duration<Count, Period>& out) {
  out = std::chrono::duration_cast<std::chrono::duration<Count, Period>>(std::chrono::nanoseconds(value.as.integer));
}
template <class Table>
void read(const kirsch_value& value, Provider<Table>& out) {
  out.table = static_cast<const Table*>(value.as.service.table);
  out.self = value.as.service.self;
}
template <class Type>
void read(const kirsch_value& value, std::vector<Type>& out);
template <class Type>
void read(const kirsch_value& value, std::map<std::string, Type>& out);
template <class Type>
void read(const kirsch_value& value, std::vector<std::pair<std::string, Type>>& out);
template <class Type>
void read(const kirsch_value& value, std::optional<Type>& out);
template <class... Types>
void read(const kirsch_value& value, std::variant<Types...>& out);

template <Configurable Type>
void read(const kirsch_value& value, Type& out) {
  const kirsch_value* item = value.as.items;
  std::apply([&](const auto&... option) { (read(*item++, out.*(option.member)), ...); }, Type::options.list);
}
template <class Type>
void read(const kirsch_value& value, std::vector<Type>& out) {
  out.clear();
  for (std::uint32_t index = 0; index < value.count; ++index) {
    Type item{};  // std::vector<bool> has no elements to refer to
    read(value.as.items[index], item);
    out.push_back(std::move(item));
  }
}
template <class Type>
void read(const kirsch_value& value, std::map<std::string, Type>& out) {
  out.clear();
  for (std::uint32_t index = 0; index < value.count; ++index) {
    read(value.as.items[2 * index + 1], out[std::string(view(value.as.items[2 * index].as.text))]);
  }
}
template <class Type>
void read(const kirsch_value& value, std::vector<std::pair<std::string, Type>>& out) {
  out.clear();
  for (std::uint32_t index = 0; index < value.count; ++index) {
    auto& entry = out.emplace_back();
    read(value.as.items[2 * index], entry.first);
    read(value.as.items[2 * index + 1], entry.second);
  }
}
template <class Type>
void read(const kirsch_value& value, std::optional<Type>& out) {
  if (value.kind == KIRSCH_VALUE_NONE) {
    out.reset();
  } else {
    read(value, out.emplace());
  }
}
template <class... Types>
void read(const kirsch_value& value, std::variant<Types...>& out) {
  std::uint32_t index = 0;
  ((value.count == index++ ? read(*value.as.items, out.template emplace<Types>()) : void()), ...);
}

}  // namespace kirsch
