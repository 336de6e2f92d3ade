// One node laid over another: mappings key by key, everything else replaces.
#pragma once

#include <vector>

#include "base/schema.h"
#include "config/catalogue.h"
#include "config/node.h"

namespace kirsch::config {

// `over` onto `under`, both mappings of these options. A provider or an alternative that differs replaces as a whole.
void merge_options(Node& under, const Node& over, const std::vector<base::Option>& options, const Catalogue& catalogue);

}  // namespace kirsch::config
