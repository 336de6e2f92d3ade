// Which module files a configuration names, directly or as providers of services.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>

#include "base/diagnostic.h"
#include "base/value.h"
#include "server/blueprint.h"

namespace kirsch::server {

using Files = std::set<const loader::ModuleFile*>;

// Whose plugins: all, or only those that the keeper runs, or those that it leaves to the servers.
enum class Share : std::uint8_t { all, keeper, server };
bool belongs_to(Share share, const loader::ModuleFile& file);

// early: those of early plugins of that share; late: all of it, for the early ones stay in use.
Files named_files(const Blueprint& blueprint, loader::Phase phase, Share share = Share::all);

// Those that engine plugins name, of that share.
Files files_of_engine(const Blueprint& blueprint, Share share);
// Those that sites name: of tools, handlers, and the providers in their options.
Files files_of_sites(const Blueprint& blueprint);

// Visits the modules of providers that a value names, however deep.
void each_provider(const loader::Catalogue& catalogue, const base::Value& value,
                   const std::function<void(const loader::ModuleFile& file)>& visit);

// Where `file` is named first; none: it is only required by others.
std::optional<base::Position> naming_place(const Blueprint& blueprint, const loader::ModuleFile& file);

// Whether `file` is loaded for that plugin: its own, one of a provider that its options name, or what those require.
bool needs(const Blueprint& blueprint, const config::PluginUse& use, const loader::ModuleFile& file);

// Throws base::Refusal (M206).
const loader::Provided& named_provider(const loader::Catalogue& catalogue, const base::ProviderUse& use);

}  // namespace kirsch::server
