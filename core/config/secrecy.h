// Which options may hold a secret, so that messages do not show it.
#pragma once

#include <vector>

#include "base/schema.h"
#include "config/catalogue.h"

namespace kirsch::config {

// Text that fits `schema` may be a secret.
bool takes_secret(const base::Schema& schema);

// However deep in what is written there; a provider may be any that `catalogue` knows.
bool may_hold_secret(const base::Schema& schema, const Catalogue& catalogue);
bool may_hold_secret(const std::vector<base::Option>& options, const Catalogue& catalogue);

}  // namespace kirsch::config
