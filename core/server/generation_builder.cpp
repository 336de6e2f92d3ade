// Each path becomes a plan, each site a router, each listener a table of hosts.
#include "server/generation_builder.h"

#include <algorithm>

namespace kirsch::server {
namespace {

std::shared_ptr<const pipeline::Plan> plan_of(const config::Path& path, std::uint64_t body_limit, Modules& modules) {
  std::vector<pipeline::ToolInstance> tools;
  for (const auto& use : path.tools) {
    tools.push_back(
        {modules.instance(loader::Kind::tool, use.name, use.options, use.origin), use.priority.value_or(-1)});
  }
  pipeline::SharedInstance handler;
  if (path.handler) {
    handler = modules.instance(loader::Kind::handler, path.handler->name, path.handler->options, path.handler->origin);
  }
  return std::make_shared<const pipeline::Plan>(std::move(tools), std::move(handler), body_limit);
}

pipeline::Site site_of(const config::Site& site, std::uint64_t body_limit, Modules& modules) {
  pipeline::Site built;
  pipeline::Router::Builder routes;
  for (const auto& path : site.paths) {
    auto plan = plan_of(path, body_limit, modules);
    if (path.pattern == "/") built.root = plan;
    const auto position = path.origin.line == 0 ? std::nullopt : std::optional(path.origin);
    // A "/" that nobody wrote is for error pages only: it must not take paths that would redirect or be unknown.
    if (position || path.handler) routes.add(path.pattern, static_cast<std::uint32_t>(built.plans.size()), position);
    built.plans.push_back(std::move(plan));
  }
  built.router = routes.build();
  return built;
}

void claim_hosts(const config::Site& site, std::uint32_t index, pipeline::Generation& generation) {
  for (const auto listener : site.listeners) {
    for (const auto& host : site.hosts) {
      if (const auto other = generation.hosts[listener].add(host.name, index, host.origin)) {
        throw base::Refusal(base::Diagnostic{.code = "C073",
                                             .message = "the host '" + host.name + "' belongs to another site already",
                                             .position = host.origin});
      }
      if (host.name == "default") generation.fallback_sites[listener] = index;
    }
  }
}

}  // namespace

pipeline::Generation build_generation(const config::Configuration& configuration, Modules& modules) {
  constexpr auto unset = UINT32_MAX;
  pipeline::Generation generation;
  generation.hosts.resize(configuration.listeners.size());
  generation.fallback_sites.assign(configuration.listeners.size(), unset);
  for (std::uint32_t index = 0; index < configuration.sites.size(); ++index) {
    const auto& site = configuration.sites[index];
    generation.sites.push_back(site_of(site, configuration.server.limits.body, modules));
    claim_hosts(site, index, generation);
  }
  // Without a default site the first of the listener answers what cannot be attributed.
  for (std::size_t listener = 0; listener < generation.fallback_sites.size(); ++listener) {
    auto& fallback = generation.fallback_sites[listener];
    for (std::uint32_t index = 0; index < configuration.sites.size() && fallback == unset; ++index) {
      if (std::ranges::find(configuration.sites[index].listeners, listener) !=
          configuration.sites[index].listeners.end())
        fallback = index;
    }
    if (fallback == unset) fallback = 0;
  }
  return generation;
}

}  // namespace kirsch::server
