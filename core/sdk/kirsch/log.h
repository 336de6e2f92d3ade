// Lines in the server's error log. Callable from any thread; the server adds time and module name and escapes control
// characters.
#pragma once

#include <kirsch/exchange.h>
#include <kirsch/host.h>

namespace kirsch {

enum class Level : std::uint32_t {
  debug = KIRSCH_LEVEL_DEBUG,
  info = KIRSCH_LEVEL_INFO,
  warning = KIRSCH_LEVEL_WARNING,
  error = KIRSCH_LEVEL_ERROR,
};

// Builds the line from its pieces only if the level is on: log(Level::info, "loaded ", count, " users").
template <class... Pieces>
void log(Level level, const Pieces&... pieces) {
  const auto& table = detail::cached_feature<kirsch_log>(KIRSCH_FEATURE_LOG);
  if (table.enabled(detail::host, static_cast<std::uint32_t>(level)) == 0) return;
  const auto line = detail::joined(pieces...);
  table.write(detail::host, static_cast<std::uint32_t>(level), text(line));
}

}  // namespace kirsch
