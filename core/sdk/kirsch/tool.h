// Tools: a class with one public method per hook point, `void|Flow before_handler(kirsch::Exchange&)`. One instance per
// distinct use in the configuration, called from several threads at once. The order inside a hook point is by priority,
// 0 first, 50 by default.
#pragma once

#include <kirsch/exchange.h>
#include <kirsch/service.h>

namespace kirsch {

enum class Execution : std::uint8_t {
  inline_,   // on the loop: never blocks, well under 20 microseconds
  blocking,  // on a worker thread
  async,     // on the loop; may suspend
};

namespace detail {

inline constexpr std::string_view hook_names[KIRSCH_HOOKS] = {
    "on_start_resource", "before_request_body", "before_handler",        "before_finalize",
    "on_end_resource",   "on_end_request",      "before_error_response", "after_error_response"};
inline constexpr std::string_view execution_names[] = {"inline", "blocking", "async"};

// For each hook point: does `Type` name such a method, can it be called, and the trampoline that calls it.
#define KIRSCH_DETAIL_HOOK(hook)                                                                            \
  template <class Type>                                                                                     \
  struct HookOf_##hook {                                                                                    \
    static constexpr bool callable = requires(Type & tool, Exchange& exchange) { tool.hook(exchange); };    \
    static constexpr bool named = callable || requires { &Type::hook; };                                    \
    static_assert(!named || callable, #hook " must be public and callable with (kirsch::Exchange&)");       \
    static std::uint32_t call(void* self, kirsch_exchange* raw) noexcept {                                  \
      return guarded(raw, [self](Exchange& exchange) { return static_cast<Type*>(self)->hook(exchange); }); \
    }                                                                                                       \
    static constexpr kirsch_step function() {                                                               \
      if constexpr (callable) {                                                                             \
        return &call;                                                                                       \
      } else {                                                                                              \
        return nullptr;                                                                                     \
      }                                                                                                     \
    }                                                                                                       \
  };
KIRSCH_DETAIL_HOOK(on_start_resource)
KIRSCH_DETAIL_HOOK(before_request_body)
KIRSCH_DETAIL_HOOK(before_handler)
KIRSCH_DETAIL_HOOK(before_finalize)
KIRSCH_DETAIL_HOOK(on_end_resource)
KIRSCH_DETAIL_HOOK(on_end_request)
KIRSCH_DETAIL_HOOK(before_error_response)
KIRSCH_DETAIL_HOOK(after_error_response)
#undef KIRSCH_DETAIL_HOOK

// Spellings that people try; naming them beats a tool that silently never runs.
template <class Type>
constexpr bool misspells_hook = requires {
  &Type::before_finalise;
}
|| requires { &Type::on_start_request; }
|| requires { &Type::before_body; }
|| requires { &Type::before_handle; }
|| requires { &Type::after_handler; }
|| requires { &Type::on_end; }
|| requires { &Type::on_request; }
|| requires { &Type::on_response; }
|| requires { &Type::before_error; }
|| requires { &Type::after_error; }
|| requires { &Type::on_end_response; };

// `present` stands beside the pointers because GCC with -fsanitize=undefined cannot compare them in a constant
// expression.
template <class... Point>
struct HookTable {
  kirsch_step functions[KIRSCH_HOOKS] = {Point::function()...};
  bool present[KIRSCH_HOOKS] = {Point::callable...};
  static_assert((Point::callable || ...),
                "a tool needs at least one method named after a hook point, such as before_handler(kirsch::Exchange&)");
};
template <class Type>
struct Hooks : HookTable<HookOf_on_start_resource<Type>, HookOf_before_request_body<Type>, HookOf_before_handler<Type>,
                         HookOf_before_finalize<Type>, HookOf_on_end_resource<Type>, HookOf_on_end_request<Type>,
                         HookOf_before_error_response<Type>, HookOf_after_error_response<Type>> {
  static_assert(!misspells_hook<Type>,
                "misspelt hook point; the hook points are on_start_resource, before_request_body, before_handler, "
                "before_finalize, on_end_resource, on_end_request, before_error_response, after_error_response");
};

template <class Type>
inline constexpr Hooks<Type> hooks;

struct HookSettings {
  std::int32_t priority = 50;
  Execution execution = Execution::inline_;
  bool failsafe = false;
};

}  // namespace detail

template <class Type>
class ToolDefinition {
 public:
  consteval explicit ToolDefinition(std::string_view tool_name) : name_(tool_name) {}

  // 0..100, smaller runs earlier; YAML `priority` overrides it.
  consteval ToolDefinition priority(Hook hook, std::int32_t number) const {
    return with(hook, [&](detail::HookSettings& settings) { settings.priority = number; });
  }
  consteval ToolDefinition execution(Hook hook, Execution kind) const {
    return with(hook, [&](detail::HookSettings& settings) { settings.execution = kind; });
  }
  consteval ToolDefinition blocking(Hook hook) const { return execution(hook, Execution::blocking); }
  consteval ToolDefinition async(Hook hook) const { return execution(hook, Execution::async); }
  // Runs although an earlier hook of the same point failed.
  consteval ToolDefinition failsafe(Hook hook) const {
    return with(hook, [](detail::HookSettings& settings) { settings.failsafe = true; });
  }

  // An instance lives on over reloads that change neither the module nor the instance's options and providers.
  consteval ToolDefinition carries_over() const {
    auto copy = *this;
    copy.carries_over_ = true;
    return copy;
  }

  constexpr void write(detail::JsonWriter& json) const {
    json.field("kind", "tool");
    json.field("name", name_);
    json.key("hooks");
    json.open('[');
    for (std::size_t index = 0; index < KIRSCH_HOOKS; ++index) {
      if (!detail::hooks<Type>.present[index]) continue;
      json.item();
      json.open('{');
      json.field("point", detail::hook_names[index]);
      json.field("class", detail::execution_names[static_cast<std::size_t>(settings_[index].execution)]);
      json.field("priority", settings_[index].priority);
      json.flag("failsafe", settings_[index].failsafe);
      json.close('}');
    }
    json.close(']');
    if (carries_over_) json.flag("carries_over", true);
    detail::write_options_of<Type>(json);
  }
  static constexpr kirsch_provided provided() {
    kirsch_provided entry = detail::Instance<Type>::provided();
    entry.hook_count = KIRSCH_HOOKS;
    entry.hooks = detail::hooks<Type>.functions;
    return entry;
  }

 private:
  template <class Change>
  consteval ToolDefinition with(Hook hook, Change change) const {
    auto copy = *this;
    change(copy.settings_[static_cast<std::size_t>(hook)]);
    return copy;
  }
  std::string_view name_;
  bool carries_over_ = false;
  detail::HookSettings settings_[KIRSCH_HOOKS]{};
};

template <class Type>
consteval auto tool(std::string_view name) {
  return ToolDefinition<Type>(name);
}

}  // namespace kirsch
