// Memory of a module that outlives configurations: reloads of the server find it again.
#pragma once

#include <kirsch/exchange.h>
#include <kirsch/host.h>

namespace kirsch {

// The same object for the same module, name and version, zeroed the first time, freed at process end. Increase
// `version` when the layout changes. `Type` holds no pointer to code or static data of the module: the next generation
// may be another build of it. It is aligned as std::max_align_t at most. Call at load only.
template <class Type>
Type& storage(std::string_view name, std::uint32_t version) {
  static_assert(std::is_trivially_default_constructible_v<Type> && std::is_trivially_destructible_v<Type>,
                "host storage is zeroed bytes: the type must need neither constructor nor destructor");
  static_assert(alignof(Type) <= alignof(std::max_align_t),
                "host storage is aligned to std::max_align_t: the type must not ask for more than that");
  void* memory = feature<kirsch_storage>(KIRSCH_FEATURE_STORAGE).open(detail::host, text(name), version, sizeof(Type));
  if (memory == nullptr) throw std::bad_alloc();
  return *static_cast<Type*>(memory);
}

}  // namespace kirsch
