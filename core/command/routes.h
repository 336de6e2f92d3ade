// `kirsch routes`: which path answers what, and why.
#pragma once

#include <filesystem>

#include "base/exit_code.h"
#include "command/route_query.h"

namespace kirsch::command {

struct RoutesOptions {
  std::filesystem::path configuration;
  bool json = false;
  bool defaults = false;  // also shows values that nobody wrote
};

// All paths of all sites.
base::ExitCode list_routes(const RoutesOptions& options) noexcept;
// One request: its path, the tools of each hook point in their order, and where each value comes from.
base::ExitCode explain_route(const RoutesOptions& options, const RouteQuery& query) noexcept;

}  // namespace kirsch::command
