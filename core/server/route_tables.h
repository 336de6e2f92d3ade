// From the sites of a configuration to what requests are routed by; no module is needed for that.
#pragma once

#include <vector>

#include "config/configuration.h"
#include "pipeline/host_table.h"
#include "pipeline/route_table.h"

namespace kirsch::server {

// Its paths are those of the site, by index. Throws base::Refusal.
pipeline::RouteTable route_table(const config::Site& site);

// One per listener; the sites are those of the configuration, by index. Throws base::Refusal.
std::vector<pipeline::HostRouting> host_routing(const config::Configuration& configuration);

}  // namespace kirsch::server
