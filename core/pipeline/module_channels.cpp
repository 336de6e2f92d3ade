// The channels that the server listens on itself, and those that tell what it has done.
#include "pipeline/module_channels.h"

#include <algorithm>
#include <array>

namespace kirsch::pipeline {
namespace {

constexpr std::array<std::string_view, 4> asked_channels = {"graceful", "restart", "reopen_logs", "reload_certificates"};
constexpr std::array<std::string_view, 2> end_channels = {"exit", "stop"};
constexpr std::array<std::string_view, 5> engine_channels = {"start", "ready", "failed", "retire", "rehearsal"};

template <class Names>
bool is_among(const Names& list, std::string_view channel) {
  return std::ranges::find(list, channel) != list.end();
}

}  // namespace

Access access_to(std::string_view channel) {
  if (is_among(asked_channels, channel)) return Access::asked;
  if (is_among(end_channels, channel)) return Access::end;
  return is_among(engine_channels, channel) ? Access::none : Access::free;
}

}  // namespace kirsch::pipeline
