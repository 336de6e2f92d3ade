// The clocks of the server. Whatever has a limit is measured by the monotonic ones: setting the time of day moves
// nothing.
#pragma once

#include <array>
#include <chrono>
#include <string_view>

namespace kirsch::base {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

// CLOCK_MONOTONIC.
inline SteadyTime steady_now() noexcept { return std::chrono::steady_clock::now(); }
// The same clock as it was at the last tick of the kernel, some milliseconds behind, for a fifth of the price.
SteadyTime coarse_now() noexcept;

inline WallTime wall_now() noexcept { return std::chrono::system_clock::now(); }

// "2026-01-31T12:00:00.123Z"
struct UtcText {
  std::array<char, 24> characters;
  std::string_view view() const noexcept { return {characters.data(), characters.size()}; }
};
UtcText utc_text(WallTime time) noexcept;

}  // namespace kirsch::base
