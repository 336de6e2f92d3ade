// A translation between components that do not know each other.
#include "server/route_tables.h"

#include <algorithm>
#include <ranges>
#include <string_view>
#include <utility>

namespace kirsch::server {
namespace {

pipeline::Methods method(std::string_view name) {
  constexpr std::pair<std::string_view, kirsch_method> names[] = {
      {"GET", KIRSCH_METHOD_GET},        {"HEAD", KIRSCH_METHOD_HEAD},   {"POST", KIRSCH_METHOD_POST},
      {"PUT", KIRSCH_METHOD_PUT},        {"PATCH", KIRSCH_METHOD_PATCH}, {"DELETE", KIRSCH_METHOD_DELETE},
      {"OPTIONS", KIRSCH_METHOD_OPTIONS}};
  const auto found = std::ranges::find(names, name, [](const auto& one) { return one.first; });
  return pipeline::method_bit(found->second);
}

pipeline::Network network(const std::string& bytes) {
  pipeline::Network result;
  std::copy_n(bytes.begin(), result.address.size(), result.address.begin());
  result.prefix = static_cast<std::uint8_t>(bytes[16]);
  return result;
}

pipeline::Condition condition(const config::Match& match) {
  pipeline::Condition result;
  for (const auto& name : match.methods) result.methods |= method(name);
  for (const auto& client : match.clients) result.clients.push_back(network(client));
  for (const auto& field : match.headers) result.fields.push_back({field.name, field.value, field.present});
  return result;
}

// Whether a "/" that nobody wrote is met: it must not take paths that would redirect or be unknown.
bool routed(const config::Path& path) { return path.first && (path.origin.line != 0 || path.handler); }

}  // namespace

pipeline::RouteTable route_table(const config::Site& site) {
  pipeline::RouteTable::Builder builder;
  for (const auto& path : site.paths) {
    pipeline::RouteTable::Builder::Entry entry{
        .pattern = path.pattern, .answers = path.handler.has_value(), .routed = routed(path)};
    for (const auto& match : path.matches) entry.conditions.push_back(condition(match));
    if (path.otherwise) entry.otherwise = static_cast<std::uint32_t>(*path.otherwise);
    if (path.origin.line != 0) entry.position = path.origin;
    builder.add(std::move(entry));
  }
  return std::move(builder).build();
}

std::vector<pipeline::HostRouting> host_routing(const config::Configuration& configuration) {
  constexpr auto unset = UINT32_MAX;
  std::vector<pipeline::HostRouting> listeners(configuration.listeners.size());
  std::vector<std::uint32_t> first(listeners.size(), unset);
  std::vector<std::uint32_t> catch_all(listeners.size(), unset);
  for (std::uint32_t index = 0; index < configuration.sites.size(); ++index) {
    const auto& site = configuration.sites[index];
    for (const auto listener : site.listeners) {
      if (first[listener] == unset) first[listener] = index;
      for (const auto& host : site.hosts) {
        listeners[listener].hosts.add(host.name, index, host.origin);  // config has refused what is claimed twice
        if (host.name == "default") catch_all[listener] = index;
      }
    }
  }
  // Without a default site the first of the listener answers what cannot be attributed.
  for (std::size_t listener = 0; listener < listeners.size(); ++listener) {
    listeners[listener].listener = configuration.listeners[listener].name;
    const auto chosen = catch_all[listener] != unset ? catch_all[listener] : first[listener];
    if (chosen != unset) listeners[listener].fallback = chosen;
  }
  return listeners;
}

}  // namespace kirsch::server
