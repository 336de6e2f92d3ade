// Lines in the server's error log, and in logs that YAML declares. Callable from any thread; the server escapes control
// characters, and in the error log adds time and module name.
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

// A log of lines that YAML declares: `logs: { access: { to: … } }`. Copyable; find it at load.
class NamedLog {
 public:
  // Nullopt: YAML declares no log of that name.
  static std::optional<NamedLog> find(std::string_view name) {
    auto* log = table().open(detail::host, text(name));
    return log == nullptr ? std::nullopt : std::optional(NamedLog(log));
  }
  // Never blocks. False: too many lines wait, this one was dropped and counted.
  bool append(std::string_view line) const { return table().append(log_, text(line)) != 0; }

 private:
  explicit NamedLog(kirsch_named_log* log) : log_(log) {}
  static const kirsch_log& table() { return detail::cached_feature<kirsch_log>(KIRSCH_FEATURE_LOG); }
  kirsch_named_log* log_;
};

}  // namespace kirsch
