// Where an option stands in the configuration, so that an error of a module can point at it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/schema.h"
#include "base/value.h"

namespace kirsch::server {

// `option` as a module names it, "a.b" inside a structure. Nullopt: there is none of that name, or it is a default.
std::optional<base::Position> option_origin(const std::vector<base::Option>& options, const base::Structure& values,
                                            std::string_view option);

}  // namespace kirsch::server
