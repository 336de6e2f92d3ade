// The names of levels.
#include "base/log.h"

#include <array>
#include <cstddef>

namespace kirsch::base {

std::string_view name(Level level) noexcept {
  constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

}  // namespace kirsch::base
