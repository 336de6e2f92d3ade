// What a session holds: typed values, as bytes that are the same in calls and in storages.
#pragma once

#include <kirsch/options.h>

#include <bit>

namespace kirsch {

// A session is a map. A list or a map is its entries, one behind the other; an entry is a kind (1 byte), the sizes of
// its name (2 bytes) and of its value (4 bytes), then both. The names of a list's entries are empty. Integers and sizes
// are little-endian.
enum class SessionKind : std::uint8_t {
  none = 0,
  boolean = 1,  // 1 byte, 0 or 1
  integer = 2,  // 8 bytes, two's complement
  number = 3,   // 8 bytes, IEEE 754
  string = 4,   // UTF-8 by convention
  bytes = 5,
  list = 6,
  map = 7,
  token = 8,  // a string that does not outlive its id: see Session::token
};

namespace detail {

inline constexpr std::size_t session_entry_head = 7;

// Of machines with the other order of bytes this is the only place that would know.
static_assert(std::endian::native == std::endian::little);
template <class Integer>
void append_little(std::string& out, Integer number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}
template <class Integer>
Integer little(std::string_view bytes) {  // zero where there are too few
  Integer number = 0;
  if (bytes.size() >= sizeof number) std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

// The standard library does not compare them as numbers.
template <class Type>
constexpr void refuse_characters() {
  static_assert(!std::same_as<Type, char> && !std::same_as<Type, wchar_t> && !std::same_as<Type, char8_t> &&
                    !std::same_as<Type, char16_t> && !std::same_as<Type, char32_t>,
                "a session holds no single characters: give it a string, or a number of another type");
}

inline void append_entry(std::string& out, SessionKind kind, std::string_view name, std::string_view value) {
  if (name.size() > UINT16_MAX || value.size() > UINT32_MAX) throw std::length_error("too large for a session");
  out += static_cast<char>(kind);
  append_little(out, static_cast<std::uint16_t>(name.size()));
  append_little(out, static_cast<std::uint32_t>(value.size()));
  out.append(name).append(value);
}

}  // namespace detail

struct SessionEntry;

// One value, as a view that is valid until the session changes.
class SessionValue {
 public:
  SessionValue() = default;
  SessionValue(SessionKind kind, std::string_view bytes) : kind_(kind), bytes_(bytes) {}
  SessionKind kind() const { return kind_; }
  std::string_view raw() const { return bytes_; }

  // bool, an integer, a floating point number, std::string_view or std::string (of strings and tokens),
  // std::span<const std::byte> (of bytes). Nullopt: it is of another kind, or too large for that integer.
  template <class Type>
  std::optional<Type> as() const;

  // The entries of a list or map; none of other kinds.
  class Iterator {
   public:
    using value_type = SessionEntry;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(size(rest) == 0 ? std::string_view() : rest) {}
    inline SessionEntry operator*() const;
    Iterator& operator++() { return *this = Iterator(rest_.substr(size(rest_))); }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return rest_.size() == other.rest_.size(); }
    std::string_view rest() const { return rest_; }  // from this entry on

    // Bytes of the first entry; 0: there is none, or it is cut.
    static std::size_t size(std::string_view rest) {
      if (rest.size() < detail::session_entry_head) return 0;
      const auto all = detail::session_entry_head + detail::little<std::uint16_t>(rest.substr(1)) +
                       detail::little<std::uint32_t>(rest.substr(3));
      return all > rest.size() ? 0 : static_cast<std::size_t>(all);
    }

   private:
    std::string_view rest_;
  };
  Iterator begin() const { return Iterator(kind_ == SessionKind::list || kind_ == SessionKind::map ? bytes_ : ""); }
  Iterator end() const { return Iterator(); }
  std::optional<SessionValue> find(std::string_view name) const;  // of a map

 private:
  SessionKind kind_ = SessionKind::none;
  std::string_view bytes_;
};

struct SessionEntry {
  std::string_view name;
  SessionValue value;
};

inline SessionEntry SessionValue::Iterator::operator*() const {
  const auto name = std::size_t{detail::little<std::uint16_t>(rest_.substr(1))};
  const auto value = std::size_t{detail::little<std::uint32_t>(rest_.substr(3))};
  return {rest_.substr(detail::session_entry_head, name),
          {static_cast<SessionKind>(rest_[0]), rest_.substr(detail::session_entry_head + name, value)}};
}

inline std::optional<SessionValue> SessionValue::find(std::string_view name) const {
  for (const auto entry : *this) {
    if (entry.name == name) return entry.value;
  }
  return std::nullopt;
}

template <class Type>
std::optional<Type> SessionValue::as() const {
  if constexpr (std::same_as<Type, bool>) {
    if (kind_ == SessionKind::boolean && bytes_.size() == 1) return bytes_[0] != 0;
  } else if constexpr (std::integral<Type>) {
    detail::refuse_characters<Type>();
    const auto number = detail::little<std::int64_t>(bytes_);
    if (kind_ == SessionKind::integer && std::in_range<Type>(number)) return static_cast<Type>(number);
  } else if constexpr (std::floating_point<Type>) {
    if (kind_ == SessionKind::integer) return static_cast<Type>(detail::little<std::int64_t>(bytes_));
    if (kind_ == SessionKind::number)
      return static_cast<Type>(std::bit_cast<double>(detail::little<std::uint64_t>(bytes_)));
  } else if constexpr (std::same_as<Type, std::span<const std::byte>>) {
    if (kind_ == SessionKind::bytes) return std::as_bytes(std::span(bytes_.data(), bytes_.size()));
  } else {
    static_assert(std::same_as<Type, std::string_view> || std::same_as<Type, std::string>,
                  "a session holds bool, integers, floating point numbers, strings, std::span<const std::byte>, lists "
                  "and maps");
    if (kind_ == SessionKind::string || kind_ == SessionKind::token) return Type(bytes_);
  }
  return std::nullopt;
}

class SessionList;
class SessionMap;

namespace detail {
template <class Type>
void append_value(std::string& out, std::string_view name, const Type& value);
}

// Values to be set: session.set("cart", kirsch::SessionList().add("pears").add(3)).
class SessionList {
 public:
  template <class Type>
  SessionList& add(const Type& value) {
    detail::append_value(bytes_, {}, value);
    return *this;
  }
  const std::string& raw() const { return bytes_; }

 private:
  std::string bytes_;
};
class SessionMap {
 public:
  template <class Type>
  SessionMap& add(std::string_view name, const Type& value) {  // each name once
    detail::append_value(bytes_, name, value);
    return *this;
  }
  const std::string& raw() const { return bytes_; }

 private:
  std::string bytes_;
};

namespace detail {
template <class Type>
void append_value(std::string& out, std::string_view name, const Type& value) {
  std::string fixed;
  if constexpr (std::same_as<Type, SessionValue>) {
    append_entry(out, value.kind(), name, value.raw());
  } else if constexpr (std::same_as<Type, SessionList>) {
    append_entry(out, SessionKind::list, name, value.raw());
  } else if constexpr (std::same_as<Type, SessionMap>) {
    append_entry(out, SessionKind::map, name, value.raw());
  } else if constexpr (std::same_as<Type, bool>) {
    append_entry(out, SessionKind::boolean, name, {value ? "\1" : "\0", 1});
  } else if constexpr (std::integral<Type>) {
    refuse_characters<Type>();
    if (!std::in_range<std::int64_t>(value)) throw std::length_error("an integer of a session has 64 bits with a sign");
    append_little(fixed, static_cast<std::int64_t>(value));
    append_entry(out, SessionKind::integer, name, fixed);
  } else if constexpr (std::floating_point<Type>) {
    append_little(fixed, std::bit_cast<std::uint64_t>(static_cast<double>(value)));
    append_entry(out, SessionKind::number, name, fixed);
  } else if constexpr (std::convertible_to<Type, std::string_view>) {
    append_entry(out, SessionKind::string, name, std::string_view(value));
  } else {
    static_assert(std::convertible_to<Type, std::span<const std::byte>>,
                  "a session holds bool, integers, floating point numbers, strings, bytes, SessionList and SessionMap");
    const std::span<const std::byte> bytes(value);
    append_entry(out, SessionKind::bytes, name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
}
}  // namespace detail

}  // namespace kirsch
