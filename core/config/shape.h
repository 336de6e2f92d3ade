// What a schema looks like from outside: words for messages, and which alternative a node is meant for.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/schema.h"
#include "config/node.h"

namespace kirsch::config {

// "a duration", "one of a, b", "auto or a whole number": after "wants".
std::string wanted(const base::Schema& schema);

// The alternative of a one_of that `node` is meant for: the first that fits by shape, else the closest of its kind, so
// that messages speak of that one; none: there is nothing of its kind.
std::optional<std::size_t> alternative(const Node& node, const base::Schema& schema);

}  // namespace kirsch::config
