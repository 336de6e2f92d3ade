// The known name that an operator most likely meant.
#pragma once

#include <span>
#include <string_view>

namespace secureheaders {

// Empty when no name is near enough to be a slip of the keyboard (at most a third of its letters differ).
std::string_view nearest_name(std::string_view written, std::span<const std::string_view> names);

}  // namespace secureheaders
