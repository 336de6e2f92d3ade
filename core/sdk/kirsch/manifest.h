// The manifest: JSON written at compile time from what a module declares, placed in an ELF note that the server reads
// before any code of the module runs. An author never needs this page.
#pragma once

#include <kirsch/options.h>

namespace kirsch::detail {

// Counts first (null `out`), writes second; the caller sizes the array between the two passes.
class JsonWriter {
 public:
  constexpr explicit JsonWriter(char* out = nullptr) : out_(out) {}
  constexpr std::size_t size() const { return size_; }

  constexpr void raw(std::string_view bytes) {
    for (const char byte : bytes) put(byte);
  }
  constexpr void string(std::string_view value) {
    put('"');
    for (const char byte : value) {
      if (byte == '"' || byte == '\\') put('\\');
      if (static_cast<unsigned char>(byte) < 0x20) {
        raw(byte == '\n' ? "\\n" : byte == '\t' ? "\\t" : "\\u0020");
      } else {
        put(byte);
      }
    }
    put('"');
  }
  constexpr void number(std::int64_t value) {
    if (value < 0) put('-');
    std::uint64_t rest = value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
    char digits[20]{};
    std::size_t count = 0;
    do {
      digits[count++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    while (count != 0) put(digits[--count]);
  }
  constexpr void open(char bracket) {
    put(bracket);
    first_ = true;
  }
  constexpr void close(char bracket) {
    put(bracket);
    first_ = false;
  }
  constexpr void item() {
    if (!first_) put(',');
    first_ = false;
  }
  constexpr void key(std::string_view name) {
    item();
    string(name);
    put(':');
  }
  constexpr void field(std::string_view name, std::string_view value) {
    key(name);
    string(value);
  }
  constexpr void field(std::string_view name, std::int64_t value) {
    key(name);
    number(value);
  }
  constexpr void flag(std::string_view name, bool value) {
    key(name);
    raw(value ? "true" : "false");
  }

 private:
  constexpr void put(char byte) {
    if (out_ != nullptr) out_[size_] = byte;
    ++size_;
  }
  char* out_;
  std::size_t size_ = 0;
  bool first_ = true;
};

template <class Type>
constexpr bool is_duration = false;
template <class Count, class Period>
constexpr bool is_duration<std::chrono::duration<Count, Period>> = true;

// What a C++ type is in YAML. Specialised for templates; an unknown type is a compile error that says so.
template <class Type>
struct TypeSchema {
  static constexpr void write(JsonWriter& json, bool ranged) {
    if constexpr (std::same_as<Type, bool>) {
      json.field("type", "boolean");
    } else if constexpr (std::integral<Type>) {
      json.field("type", "integer");
      if (!ranged) {
        using Limits = std::numeric_limits<Type>;
        constexpr auto top = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        constexpr auto most = static_cast<std::uint64_t>(Limits::max());
        json.field("minimum", static_cast<std::int64_t>(Limits::min()));
        json.field("maximum", static_cast<std::int64_t>(most < top ? most : top));
      }
    } else if constexpr (std::floating_point<Type>) {
      json.field("type", "number");
    } else if constexpr (std::same_as<Type, std::string>) {
      json.field("type", "string");
    } else if constexpr (std::same_as<Type, Size>) {
      json.field("type", "size");
    } else if constexpr (std::same_as<Type, Path>) {
      json.field("type", "path");
    } else if constexpr (std::same_as<Type, Secret>) {
      json.field("type", "secret");
    } else if constexpr (std::same_as<Type, Cidr>) {
      json.field("type", "cidr");
    } else if constexpr (is_duration<Type>) {
      // Whatever is written fits into a duration of floating-point numbers.
      using Unit = std::conditional_t<std::is_floating_point_v<typename Type::rep>, std::chrono::nanoseconds, Type>;
      constexpr auto unit = std::chrono::duration_cast<std::chrono::nanoseconds>(Unit(1));
      static_assert(unit == Unit(1), "a duration counts in whole nanoseconds, or in floating-point numbers");
      json.field("type", "duration");
      json.field("unit_ns", unit.count());
    } else if constexpr (NamedEnumeration<Type>) {
      json.field("type", "enumeration");
      json.key("names");
      json.open('[');
      for (const auto name : kirsch_names(Type{})) {
        json.item();
        json.string(name);
      }
      json.close(']');
    } else if constexpr (Configurable<Type>) {
      json.field("type", "structure");
      write_options<Type>(json);
    } else {
      static_assert(Configurable<Type>,
                    "this member cannot be an option: use bool, an integer, a floating-point number, std::string, an "
                    "enumeration with kirsch_names, std::chrono::duration, kirsch::Size, Path, Secret, Cidr, Provider, "
                    "std::vector, std::map, std::optional, std::variant, or a struct with its own `options`");
    }
  }
  template <class Owner>
  static constexpr void write_options(JsonWriter& json);
};

template <class Type>
constexpr void write_schema(JsonWriter& json) {
  json.open('{');
  TypeSchema<Type>::write(json, false);
  json.close('}');
}

template <class Type>
struct TypeSchema<std::vector<Type>> {
  static constexpr void write(JsonWriter& json, bool) {
    json.field("type", "list");
    json.key("element");
    write_schema<Type>(json);
  }
};
template <class Type>
struct MapSchema {
  static constexpr void write(JsonWriter& json, bool) {
    json.field("type", "map");
    json.key("element");
    write_schema<Type>(json);
  }
};
template <class Type>
struct TypeSchema<std::map<std::string, Type>> : MapSchema<Type> {};
template <class Type>
struct TypeSchema<std::vector<std::pair<std::string, Type>>> : MapSchema<Type> {};
template <class Type>
struct TypeSchema<std::optional<Type>> {
  static constexpr void write(JsonWriter& json, bool ranged) {
    TypeSchema<Type>::write(json, ranged);
    json.flag("optional", true);
  }
};
template <class... Types>
struct TypeSchema<std::variant<Types...>> {
  static constexpr void write(JsonWriter& json, bool) {
    json.field("type", "one_of");
    json.key("alternatives");
    json.open('[');
    ((json.item(), write_schema<Types>(json)), ...);
    json.close(']');
  }
};
template <class Table>
struct TypeSchema<Provider<Table>> {
  static constexpr void write(JsonWriter& json, bool) {
    json.field("type", "provider");
    json.field("service", Table::id);
  }
};

template <auto Member>
constexpr void write_option(JsonWriter& json, const Option<Member>& option) {
  json.item();
  json.open('{');
  json.field("name", option.name);
  json.field("help", option.help);
  if (!option.is_required) json.field("default", option.default_text);
  if (option.has_range) {
    json.field("minimum", option.minimum);
    json.field("maximum", option.maximum);
  }
  if (option.longest != 0) json.field("maximum_length", static_cast<std::int64_t>(option.longest));
  TypeSchema<typename Option<Member>::Type>::write(json, option.has_range);
  json.close('}');
}

template <class Owner>
constexpr void write_options_of(JsonWriter& json) {
  json.key("options");
  json.open('[');
  if constexpr (Configurable<Owner>) {
    std::apply([&](const auto&... option) { (write_option(json, option), ...); }, Owner::options.list);
  }
  json.close(']');
}

template <class Type>
template <class Owner>
constexpr void TypeSchema<Type>::write_options(JsonWriter& json) {
  write_options_of<Owner>(json);
}

// The note as the ELF format wants it: sizes, type, owner padded to 4, manifest padded to 4.
template <std::size_t Size>
struct Note {
  std::uint32_t owner_size = sizeof(KIRSCH_NOTE_OWNER);
  std::uint32_t manifest_size = Size;
  std::uint32_t type = KIRSCH_NOTE_TYPE;
  char owner[(sizeof(KIRSCH_NOTE_OWNER) + 3) / 4 * 4]{};
  char manifest[(Size + 3) / 4 * 4]{};
};

}  // namespace kirsch::detail
