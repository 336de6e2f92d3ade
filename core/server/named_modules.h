// Which module files a configuration names, directly or as providers of services.
#pragma once

#include <cstdint>
#include <set>

#include "base/value.h"
#include "server/blueprint.h"

namespace kirsch::server {

using Files = std::set<const loader::ModuleFile*>;

// Whose plugins: all, or only those that the keeper runs, or those that it leaves to the servers.
enum class Share : std::uint8_t { all, keeper, server };
bool belongs_to(Share share, const loader::ModuleFile& file);

// early: those of early plugins of that share; late: all others.
Files named_files(const Blueprint& blueprint, loader::Phase phase, Share share = Share::all);

// Throws base::Refusal (M206).
const loader::Provided& named_provider(const loader::Catalogue& catalogue, const base::ProviderUse& use);

}  // namespace kirsch::server
