// Which module files a configuration names, directly or as providers of services.
#pragma once

#include <set>

#include "base/value.h"
#include "server/blueprint.h"

namespace kirsch::server {

using Files = std::set<const loader::ModuleFile*>;

// early: those of early plugins; late: all others.
Files named_files(const Blueprint& blueprint, loader::Phase phase);

// Throws base::Refusal (M206).
const loader::Provided& named_provider(const loader::Catalogue& catalogue, const base::ProviderUse& use);

}  // namespace kirsch::server
