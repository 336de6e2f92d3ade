// One immutable loaded configuration as requests see it: hosts, routes and plans.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "pipeline/host_table.h"
#include "pipeline/plan.h"
#include "pipeline/router.h"

namespace kirsch::pipeline {

struct Site {
  Router router;                                   // its targets index `plans`
  std::vector<std::shared_ptr<const Plan>> plans;  // identical ones are shared
  std::shared_ptr<const Plan> root;                // of prefix "/": answers what nothing matches, and rejected messages
};

// Built by the server before the loops start; read by all of them.
class Generation {
 public:
  std::vector<Site> sites;
  std::vector<HostTable> hosts;               // per listener
  std::vector<std::uint32_t> fallback_sites;  // per listener: for messages whose host is unknown

  const Site* find(std::uint32_t listener, std::string_view host) const {
    const auto site = hosts[listener].find(host);
    return site ? &sites[*site] : nullptr;
  }
  const Site& fallback(std::uint32_t listener) const { return sites[fallback_sites[listener]]; }
};

}  // namespace kirsch::pipeline
