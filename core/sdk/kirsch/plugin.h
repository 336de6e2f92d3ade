// Engine plugins: a class with public methods named after channels of the engine bus, `void start()`, `void stop()`,
// `void exit()`, `void graceful()`. All are called on the thread that runs the bus. A throw in start refuses the start;
// stop and exit run even if others failed.
#pragma once

#include <kirsch/service.h>

namespace kirsch {

enum class Channel : std::uint8_t { start, stop, exit, graceful };

// Requests to the engine bus, from any thread; all return at once.
class Bus {
 public:
  static void exit(std::string_view reason) { table().exit(detail::host, text(reason)); }  // orderly end, with a drain
  static void force(std::string_view reason) { table().force(detail::host, text(reason)); }  // ends the drain now
  static void graceful(std::string_view reason) {
    table().graceful(detail::host, text(reason));
  }  // all services reload
  static bool stopping() { return table().stopping(detail::host) != 0; }

 private:
  static const kirsch_bus& table() { return detail::cached_feature<kirsch_bus>(KIRSCH_FEATURE_BUS); }
};

namespace detail {

inline constexpr std::string_view channel_names[] = {"start", "stop", "exit", "graceful"};

template <class Type>
struct Channels {
  using Function = std::int32_t (*)(void*, kirsch_error*);

  template <class Call>
  static std::int32_t run(kirsch_error* error, Call call) noexcept {
    try {
      call();
      return 0;
    } catch (...) {
      Instance<Type>::describe(error);
      return 1;
    }
  }
#define KIRSCH_DETAIL_CHANNEL(channel)                                                 \
  static constexpr bool has_##channel = requires(Type & plugin) { plugin.channel(); }; \
  static constexpr Function channel() {                                                \
    if constexpr (has_##channel) {                                                     \
      return [](void* self, kirsch_error* error) noexcept {                            \
        return run(error, [&] { static_cast<Type*>(self)->channel(); });               \
      };                                                                               \
    } else {                                                                           \
      return nullptr;                                                                  \
    }                                                                                  \
  }
  KIRSCH_DETAIL_CHANNEL(start)
  KIRSCH_DETAIL_CHANNEL(stop)
  KIRSCH_DETAIL_CHANNEL(exit)
  KIRSCH_DETAIL_CHANNEL(graceful)
#undef KIRSCH_DETAIL_CHANNEL
  static constexpr std::array<bool, 4> present{has_start, has_stop, has_exit, has_graceful};
  static_assert(has_start || has_stop || has_exit || has_graceful,
                "a plugin needs at least one public method named start, stop, exit or graceful, without parameters");
  static constexpr std::array<Function, 4> all() { return {start(), stop(), exit(), graceful()}; }
};

}  // namespace detail

template <class Type>
class PluginDefinition {
 public:
  consteval explicit PluginDefinition(std::string_view plugin_name) : name_(plugin_name) {}

  // Order within the channel, ascending for start and graceful, mirrored for stop and exit. 80 and more unless the
  // module is early.
  consteval PluginDefinition priority(Channel channel, std::int32_t number) const {
    auto copy = *this;
    copy.priorities_[static_cast<std::size_t>(channel)] = number;
    return copy;
  }

  constexpr void write(detail::JsonWriter& json) const {
    constexpr auto present = detail::Channels<Type>::present;
    json.field("kind", "plugin");
    json.field("name", name_);
    json.key("channels");
    json.open('[');
    for (std::size_t index = 0; index < present.size(); ++index) {
      if (!present[index]) continue;
      json.item();
      json.open('{');
      json.field("channel", detail::channel_names[index]);
      json.field("priority", priorities_[index]);
      json.close('}');
    }
    json.close(']');
    detail::write_options_of<Type>(json);
  }
  static constexpr kirsch_provided provided() {
    const auto functions = detail::Channels<Type>::all();
    kirsch_provided entry = detail::Instance<Type>::provided();
    entry.start = functions[0];
    entry.stop = functions[1];
    entry.exit = functions[2];
    entry.graceful = functions[3];
    return entry;
  }

 private:
  std::string_view name_;
  std::int32_t priorities_[4]{85, 85, 85, 85};
};

template <class Type>
consteval auto plugin(std::string_view name) {
  return PluginDefinition<Type>(name);
}

}  // namespace kirsch
