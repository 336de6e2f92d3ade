// Handlers: a class with `void|Flow handle(kirsch::Exchange&)` that makes the answer of a path. With
// `void|Flow on_body(kirsch::Exchange&, std::string_view)` the body is not kept but passed there piece by piece [loop],
// before before_handler and handle. It may suspend: then the client is not read from until resumed.
#pragma once

#include <kirsch/tool.h>

namespace kirsch {

template <class Type>
class HandlerDefinition {
  static constexpr bool handles = requires(Type & handler, Exchange& exchange) { handler.handle(exchange); };
  static_assert(handles, "a handler needs a public method handle(kirsch::Exchange&)");
  static constexpr bool streams = requires(Type & handler, Exchange& exchange, std::string_view bytes) {
    handler.on_body(exchange, bytes);
  };
  static_assert(
      streams || !requires { &Type::on_body; },
      "on_body must be public and callable with (kirsch::Exchange&, std::string_view)");

 public:
  consteval explicit HandlerDefinition(std::string_view handler_name) : name_(handler_name) {}

  consteval HandlerDefinition execution(Execution kind) const {
    auto copy = *this;
    copy.execution_ = kind;
    return copy;
  }
  consteval HandlerDefinition blocking() const { return execution(Execution::blocking); }
  consteval HandlerDefinition async() const { return execution(Execution::async); }
  // An instance lives on over reloads that change neither the module nor the instance's options and providers.
  consteval HandlerDefinition carries_over() const {
    auto copy = *this;
    copy.carries_over_ = true;
    return copy;
  }

  constexpr void write(detail::JsonWriter& json) const {
    json.field("kind", "handler");
    json.field("name", name_);
    json.field("class", detail::execution_names[static_cast<std::size_t>(execution_)]);
    json.flag("streams_body", streams);
    if (carries_over_) json.flag("carries_over", true);
    detail::write_options_of<Type>(json);
  }
  static constexpr kirsch_provided provided() {
    kirsch_provided entry = detail::Instance<Type>::provided();
    entry.handle = [](void* self, kirsch_exchange* raw) noexcept -> std::uint32_t {
      return detail::guarded(raw, [self](Exchange& exchange) { return static_cast<Type*>(self)->handle(exchange); });
    };
    if constexpr (streams) {
      entry.on_body = [](void* self, kirsch_exchange* raw, kirsch_text bytes) noexcept -> std::uint32_t {
        return detail::guarded(raw, [self, bytes](Exchange& exchange) {
          return static_cast<Type*>(self)->on_body(exchange, view(bytes));
        });
      };
    }
    return entry;
  }

 private:
  std::string_view name_;
  Execution execution_ = Execution::inline_;
  bool carries_over_ = false;
};

template <class Type>
consteval auto handler(std::string_view name) {
  return HandlerDefinition<Type>(name);
}

}  // namespace kirsch
