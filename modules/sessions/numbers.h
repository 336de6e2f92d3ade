// What operators see of a tool and its storage (kirsch/metrics.h).
#pragma once

#include <kirsch/metrics.h>

#include "shared.h"

namespace sessions {

// `shared` outlives them.
std::vector<kirsch::Metric> numbers_of(const Shared& shared);

}  // namespace sessions
