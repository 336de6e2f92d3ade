// Services: an interface that one module offers and others use by id. An interface is a struct of function pointers
// that takes `void* self` first, begins with `std::uint32_t size` and has `static constexpr std::string_view id`; both
// sides include its header. As it grows, fields are added at the end of structs with a size, the others are final;
// either side may be the older one, so who uses what came later looks at `size` first.
#pragma once

#include <kirsch/host.h>
#include <kirsch/manifest.h>

namespace kirsch {

// The instance of a service. Call at load (in `prepare`); the module must declare
// `kirsch::requires_service(Table::id)`, which makes the server load the provider first and keep it as long as this
// module.
template <class Table>
Provider<Table> require_service() {
  kirsch_service found{};
  if (detail::host->service(detail::host, text(Table::id), &found) == 0) {
    throw std::runtime_error("the service " + std::string(Table::id) +
                             " is not there: declare kirsch::requires_service");
  }
  return {static_cast<const Table*>(found.table), found.self};
}

namespace detail {

template <std::size_t Size>
void copy(std::string_view from, char (&to)[Size]) noexcept {
  to[from.copy(to, Size - 1)] = 0;
}

// Fills `error` from the exception in flight.
inline void describe(kirsch_error* error) noexcept {
  try {
    throw;
  } catch (const OptionError& refused) {
    copy(refused.what(), error->text);
    copy(refused.option, error->option);
  } catch (const std::exception& failure) {
    copy(failure.what(), error->text);
  } catch (...) {
    copy("an exception that is not a std::exception", error->text);
  }
}

// Creation, options and destruction, the same for everything a module provides.
template <class Type>
struct Instance {
  static std::int32_t create(const kirsch_value* options, void** self, kirsch_error* error) noexcept {
    try {
      auto object = std::make_unique<Type>();
      if constexpr (Configurable<Type>) read(*options, *object);
      if constexpr (requires { object->prepare(); }) object->prepare();
      *self = object.release();
      return 0;
    } catch (...) {
      describe(error);
      return 1;
    }
  }
  static void destroy(void* self) noexcept { delete static_cast<Type*>(self); }

  // The part of the table entry that is the same for all kinds.
  static constexpr kirsch_provided provided() {
    kirsch_provided entry{};
    entry.size = sizeof entry;
    entry.create = create;
    entry.destroy = destroy;
    return entry;
  }
};

}  // namespace detail

// Declares that `Type` implements the service; `Type::service_table` is its `Table`. `name` is what YAML says to choose
// it.
template <class Type, class Table>
struct ServiceDefinition {
  std::string_view name;

  constexpr void write(detail::JsonWriter& json) const {
    json.field("kind", "service");
    json.field("name", name);
    json.field("service", Table::id);
    detail::write_options_of<Type>(json);
  }
  static constexpr kirsch_provided provided() {
    kirsch_provided entry = detail::Instance<Type>::provided();
    entry.service = &Type::service_table;
    return entry;
  }
};
template <class Type, class Table>
consteval auto service(std::string_view name) {
  return ServiceDefinition<Type, Table>{name};
}

}  // namespace kirsch
