// Each path becomes a plan, each site a router, each listener a table of hosts.
#include "server/generation_builder.h"

#include "server/route_tables.h"

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
  return std::make_shared<const pipeline::Plan>(std::move(tools), std::move(handler), body_limit, path.pattern);
}

pipeline::Site site_of(const config::Site& site, std::uint64_t body_limit, Modules& modules) {
  pipeline::Site built;
  built.routes = route_table(site);
  for (const auto& path : site.paths) {
    auto plan = plan_of(path, path.body.value_or(body_limit), modules);
    if (path.pattern == "/" && path.matches.empty()) built.root = plan;
    built.plans.push_back(std::move(plan));
  }
  return built;
}

}  // namespace

void build_generation(const config::Configuration& configuration, std::span<const std::uint32_t> numbers,
                      Modules& modules, pipeline::Generation& generation) {
  auto routing = host_routing(configuration);
  for (std::size_t index = 0; index < routing.size(); ++index) {
    if (generation.listeners.size() <= numbers[index]) generation.listeners.resize(numbers[index] + 1);
    generation.listeners[numbers[index]] = std::move(routing[index]);
  }
  for (const auto& site : configuration.sites) {
    generation.sites.push_back(site_of(site, configuration.server.limits.body, modules));
  }
}

}  // namespace kirsch::server
