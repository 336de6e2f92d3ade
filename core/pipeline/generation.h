// One immutable loaded configuration as requests see it: hosts, routes and plans.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "pipeline/host_table.h"
#include "pipeline/plan.h"
#include "pipeline/route_table.h"

namespace kirsch::pipeline {

struct Site {
  RouteTable routes;
  std::vector<std::shared_ptr<const Plan>> plans;  // one per path of `routes`
  std::shared_ptr<const Plan> root;                // of prefix "/": answers what nothing matches, and rejected messages
};

// Built by the server before the loops start; read by all of them.
class Generation {
 public:
  std::vector<Site> sites;
  std::vector<HostRouting> listeners;

  const Site* find(std::uint32_t listener, std::string_view host) const {
    const auto site = listeners[listener].hosts.find(host);
    return site ? &sites[*site] : nullptr;
  }
  const Site& fallback(std::uint32_t listener) const { return sites[listeners[listener].fallback]; }
};

}  // namespace kirsch::pipeline
