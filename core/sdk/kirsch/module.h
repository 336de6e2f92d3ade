// What a module includes, and the macro that makes it one. A module is one shared object with one KIRSCH_MODULE at
// namespace scope:
//
//   KIRSCH_MODULE("hello", "1.0.0", kirsch::handler<Hello>("hello"));
#pragma once

#include <kirsch/exchange.h>
#include <kirsch/handler.h>
#include <kirsch/log.h>
#include <kirsch/plugin.h>
#include <kirsch/service.h>
#include <kirsch/tool.h>

namespace kirsch {

// Further items of KIRSCH_MODULE, beside what it provides.
struct Summary {  // one line for `kirsch module list`
  std::string_view text;
};
struct RequiredService {
  std::string_view id;
};
struct RequiredFeature {
  std::string_view id;
};
struct Early {};
inline constexpr Early early;  // a plugin that takes part before privileges are dropped (start priorities below 80)
struct InKeeper {};
// An early plugin that belongs into the keeper where the server has one: what it does must outlive a server process
// and keep its privileges. It must start no thread.
inline constexpr InKeeper in_keeper;
consteval Summary summary(std::string_view text) { return {text}; }
consteval RequiredService requires_service(std::string_view id) { return {id}; }
consteval RequiredFeature requires_feature(std::string_view id) { return {id}; }

namespace detail {

template <class Item>
concept Provides = requires {
  Item::provided();
};
template <class Item>
inline constexpr kirsch_provided provided_by = Item::provided();

template <class... Items>
struct ModuleDefinition {
  std::string_view name;
  std::string_view version;
  std::tuple<Items...> items;

  static constexpr std::size_t count = (std::size_t{0} + ... + (Provides<Items> ? 1 : 0));
  static_assert(count > 0, "a module provides at least one tool, handler, plugin or service");

  template <class Kind, class Visit>
  constexpr void each(Visit visit) const {
    std::apply(
        [&](const auto&... item) {
          (
              [&] {
                if constexpr (std::same_as<std::remove_cvref_t<decltype(item)>, Kind>) visit(item);
              }(),
              ...);
        },
        items);
  }

  constexpr void write(JsonWriter& json) const {
    json.open('{');
    json.field("name", name);
    json.field("version", version);
    each<Summary>([&](const Summary& item) { json.field("summary", item.text); });
    json.key("abi");
    json.open('[');
    json.item();
    json.number(KIRSCH_ABI_MAJOR);
    json.item();
    json.number(KIRSCH_ABI_MINOR);
    json.close(']');
#ifdef __clang__
    json.field("compiler", __VERSION__);
#else
    json.field("compiler", "GCC " __VERSION__);
#endif
    static_assert((std::same_as<Items, Early> || ...) || !(std::same_as<Items, InKeeper> || ...),
                  "a module that is in_keeper must be early too");
    json.field("phase", (std::same_as<Items, Early> || ...) ? "early" : "late");
    if ((std::same_as<Items, InKeeper> || ...)) json.flag("in_keeper", true);
    json.key("requires");
    json.open('{');
    write_ids<RequiredFeature>(json, "features");
    write_ids<RequiredService>(json, "services");
    json.close('}');
    json.key("provides");
    json.open('[');
    std::apply([&](const auto&... item) { (write_provided(json, item), ...); }, items);
    json.close(']');
    json.close('}');
  }

  constexpr std::array<const kirsch_provided*, count> provided() const {
    std::array<const kirsch_provided*, count> table{};
    std::size_t index = 0;
    ((index += fill<Items>(table, index)), ...);
    return table;
  }

 private:
  template <class Kind>
  constexpr void write_ids(JsonWriter& json, std::string_view key) const {
    json.key(key);
    json.open('[');
    each<Kind>([&](const Kind& item) {
      json.item();
      json.string(item.id);
    });
    json.close(']');
  }
  template <class Item>
  static constexpr void write_provided(JsonWriter& json, const Item& item) {
    if constexpr (Provides<Item>) {
      json.item();
      json.open('{');
      item.write(json);
      json.close('}');
    }
  }
  template <class Item>
  static constexpr std::size_t fill(std::array<const kirsch_provided*, count>& table, std::size_t index) {
    if constexpr (Provides<Item>) {
      table[index] = &provided_by<Item>;
      return 1;
    } else {
      return 0;
    }
  }
};

template <class... Items>
consteval auto define_module(std::string_view name, std::string_view version, Items... items) {
  return ModuleDefinition<Items...>{name, version, std::tuple<Items...>(items...)};
}

template <class Definition>
consteval std::size_t manifest_size(const Definition& definition) {
  JsonWriter json;
  definition.write(json);
  if (json.size() > KIRSCH_MANIFEST_LIMIT) throw "the manifest is larger than KIRSCH_MANIFEST_LIMIT";
  return json.size();
}

template <std::size_t Size, class Definition>
consteval Note<Size> note(const Definition& definition) {
  Note<Size> made;
  for (std::size_t index = 0; index < sizeof(KIRSCH_NOTE_OWNER); ++index) made.owner[index] = KIRSCH_NOTE_OWNER[index];
  JsonWriter json(made.manifest);
  definition.write(json);
  return made;
}

inline std::int32_t init(const kirsch_host* table, kirsch_error*) noexcept {
  host = table;
  return 0;
}
inline void deinit() noexcept {}

}  // namespace detail
}  // namespace kirsch

#define KIRSCH_MODULE(name, version, ...)                                                                          \
  namespace {                                                                                                      \
  constexpr auto kirsch_definition = ::kirsch::detail::define_module(name, version, __VA_ARGS__);                  \
  constexpr auto kirsch_manifest_size = ::kirsch::detail::manifest_size(kirsch_definition);                        \
  [[gnu::section(".note.kirsch"), gnu::used]] alignas(4) constexpr auto kirsch_note =                              \
      ::kirsch::detail::note<kirsch_manifest_size>(kirsch_definition);                                             \
  constexpr auto kirsch_table = kirsch_definition.provided();                                                      \
  }                                                                                                                \
  extern "C" [[gnu::visibility("default"), gnu::used]] const kirsch_module_entry kirsch_module {                   \
    sizeof(kirsch_module_entry), KIRSCH_ABI_MAJOR, KIRSCH_ABI_MINOR, {kirsch_note.manifest, kirsch_manifest_size}, \
        ::kirsch::detail::init, ::kirsch::detail::deinit, kirsch_table.data(), kirsch_table.size()                 \
  }
