// Engine plugins: a class with public methods named after channels of the engine bus, `void start()`, `void stop()`,
// `void exit()`, `void graceful()`. All are called on the thread that runs the bus. A throw in start refuses the start;
// stop and exit run even if others failed. Other channels are listened to by a Subscription.
#pragma once

#include <kirsch/service.h>

namespace kirsch {

enum class Channel : std::uint8_t { start, stop, exit, graceful };

// Requests to the engine bus, from any thread; all return at once.
class Bus {
 public:
  static void exit(std::string_view reason) { table().exit(detail::host, text(reason)); }  // orderly end, with a drain
  static void force(std::string_view reason) { table().force(detail::host, text(reason)); }  // ends the drain now
  // All services reload.
  static void graceful(std::string_view reason) { table().graceful(detail::host, text(reason)); }
  static bool stopping() { return table().stopping(detail::host) != 0; }
  // Asks for "graceful", "restart", "reopen_logs", "reload_certificates" or a channel of modules to be published;
  // "exit" and "stop" are `exit`. Other channels of the engine are refused with an error in the log.
  static void request(std::string_view channel, std::string_view reason) {
    table().request(detail::host, text(channel), text(reason));
  }
  // Runs the listeners of a channel of modules here and now: not at once, unlike the rest. Channels of the engine are
  // asked for, as by `request`.
  static void publish(std::string_view channel, std::string_view message) {
    table().publish(detail::host, text(channel), text(message));
  }

 private:
  friend class Subscription;
  static const kirsch_bus& table() { return detail::cached_feature<kirsch_bus>(KIRSCH_FEATURE_BUS); }
};

struct Event {  // valid during the call
  std::string_view channel;
  std::string_view message;
  int code = 0;
};

// Listens on a channel as long as it lives: any of those that kirsch_bus in abi.h names, and on which thread each runs.
// What the callback throws fails what the channel stands for. Neither copied nor moved: make it a member.
class Subscription {
 public:
  template <std::invocable<const Event&> Callback>
  Subscription(std::string_view channel, std::int32_t priority, Callback callback)
      : callback_(new Callback(std::move(callback)), [](void* self) { delete static_cast<Callback*>(self); }),
        number_(Bus::table().subscribe(detail::host, text(channel), priority, hear<Callback>, callback_.get())) {}
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  ~Subscription() { Bus::table().unsubscribe(detail::host, number_); }

 private:
  template <class Callback>
  static std::int32_t hear(void* self, const kirsch_event* event, kirsch_error* error) noexcept {
    try {
      (*static_cast<Callback*>(self))(Event{view(event->channel), view(event->message), event->code});
      return 0;
    } catch (...) {
      detail::describe(error);
      return 1;
    }
  }

  std::unique_ptr<void, void (*)(void*)> callback_;
  std::uint64_t number_;
};

// What plugins change about the process. On the thread that starts the server.
class Process {
 public:
  // The process whose place this one takes, or 0. It serves on until channel ready.
  static std::int32_t predecessor() { return table().predecessor(detail::host); }
  // Any thread: the process that stands for the whole, the keeper where there is one.
  static std::int32_t main_pid() { return table().main_pid(detail::host); }
  // Gives a user what the server owns and will want to change. Throws std::runtime_error.
  static void give(std::uint32_t user, std::uint32_t group) {
    kirsch_error error{};
    if (table().give(detail::host, user, group, &error) != 0) throw std::runtime_error(error.text);
  }

 private:
  static const kirsch_process& table() { return detail::cached_feature<kirsch_process>(KIRSCH_FEATURE_PROCESS); }
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
      describe(error);
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
