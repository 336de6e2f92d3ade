// Where the control socket of a server is.
#pragma once

#include <filesystem>
#include <vector>

#include "config/server.h"

namespace kirsch::server {

// Where a server with that configuration file and state has its control socket. For root beside the state, because a
// run user may own what is in it; for others in it. Each file has a socket of its own, so servers may share a state.
std::filesystem::path control_path(const config::ControlSettings& settings, const std::filesystem::path& state,
                                   const std::filesystem::path& configuration);

// Where to look for it: a server of another user than ours may run there.
std::vector<std::filesystem::path> control_paths(const config::ControlSettings& settings,
                                                 const std::filesystem::path& state,
                                                 const std::filesystem::path& configuration);

}  // namespace kirsch::server
