// The values of a structure stand in the order of its schema.
#include "server/option_origin.h"

#include <algorithm>

namespace kirsch::server {

std::optional<base::Position> option_origin(const std::vector<base::Option>& options, const base::Structure& values,
                                            std::string_view option) {
  const auto found = std::ranges::find(options, option.substr(0, option.find('.')), &base::Option::name);
  if (found == options.end()) return std::nullopt;
  const auto& at = values.values[static_cast<std::size_t>(found - options.begin())].origin;
  return at.file.empty() ? std::nullopt : std::optional(at);
}

}  // namespace kirsch::server
