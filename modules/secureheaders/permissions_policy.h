// Permissions-Policy (W3C): which features of a browser a page and its frames may use.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace secureheaders {

// none, self, all, an origin, or a list of self and origins; `off` leaves the feature out of the header.
using Allowance = std::optional<std::variant<std::string, std::vector<std::string>>>;

// Feature → who may use it, in the order of the file.
using Permissions = std::vector<std::pair<std::string, Allowance>>;

// The value of the header: the built-in list, which denies nearly everything, with `changes` over it. Empty when
// nothing is left. Throws kirsch::OptionError("permissions_policy", …).
std::string compile(const Permissions& changes);

}  // namespace secureheaders
