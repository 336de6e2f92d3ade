// Reads the configuration as `kirsch check` does, then lists or explains.
#include "command/routes.h"

#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "command/json.h"
#include "command/route_report.h"
#include "command/terminal.h"
#include "command/value_report.h"
#include "server/blueprint.h"

namespace kirsch::command {
namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

struct Row {
  std::string pattern, match, handler, tools;
};

Row row_of(const config::Path& path) {
  Row row{path.pattern, {}, path.handler ? path.handler->name : "-", {}};
  for (const auto& match : path.matches) row.match += (row.match.empty() ? "" : " and ") + match_text(match);
  std::vector<std::string> tools;
  for (const auto& tool : path.tools) tools.push_back(tool.name);
  row.tools = listed(tools);
  return row;
}

void print_site(const config::Configuration& configuration, const config::Site& site) {
  std::vector<std::string> hosts, listeners;
  for (const auto& host : site.hosts) hosts.push_back(host.name);
  for (const auto index : site.listeners) listeners.push_back(configuration.listeners[index].name);
  std::cout << listed(hosts) << " on " << listed(listeners) << '\n';
  std::vector<Row> rows;
  for (const auto& path : site.paths) {
    if (path.origin.line != 0) rows.push_back(row_of(path));
  }
  std::size_t pattern = 0, match = 0, handler = 0;
  for (const auto& row : rows) {
    pattern = std::max(pattern, base::width(row.pattern));
    match = std::max(match, base::width(row.match));
    handler = std::max(handler, base::width(row.handler));
  }
  for (const auto& row : rows) {
    std::string line = "  " + padded(row.pattern, pattern + 2) + padded(row.handler, handler + 2);
    if (match != 0) line += padded(row.match, match + 2);
    line += row.tools;
    line.erase(line.find_last_not_of(' ') + 1);
    std::cout << base::escaped(line) << '\n';
  }
}

void write_site(JsonWriter& json, const config::Configuration& configuration, const config::Site& site,
                const Places& places) {
  json.open_object().key("hosts").open_array();
  for (const auto& host : site.hosts) json.string(host.name);
  json.close_array().key("listeners").open_array();
  for (const auto index : site.listeners) json.string(configuration.listeners[index].name);
  json.close_array().key("paths").open_array();
  for (const auto& path : site.paths) {
    if (path.origin.line == 0) continue;
    json.open_object().field("path", path.pattern).field("origin", places(path.origin));
    if (!path.matches.empty()) json.field("match", row_of(path).match);
    if (path.handler) json.field("handler", path.handler->name);
    json.key("tools").open_array();
    for (const auto& tool : path.tools) json.string(tool.name);
    json.close_array().close_object();
  }
  json.close_array().close_object();
}

}  // namespace

base::ExitCode list_routes(const RoutesOptions& options) noexcept {
  return guarded([&] {
    const auto blueprint = server::read_blueprint(options.configuration);
    const auto& configuration = blueprint.configuration;
    if (!options.json) {
      for (const auto& site : configuration.sites) print_site(configuration, site);
      return base::ExitCode::ok;
    }
    JsonWriter json;
    json.open_object().key("sites").open_array();
    const Places places(options.configuration);
    for (const auto& site : configuration.sites) write_site(json, configuration, site, places);
    std::cout << json.close_array().close_object().text();
    return base::ExitCode::ok;
  });
}

base::ExitCode explain_route(const RoutesOptions& options, const RouteQuery& query) noexcept {
  return guarded([&] {
    const auto blueprint = server::read_blueprint(options.configuration);
    const RouteReport report(blueprint, find_route(blueprint.configuration, query), Places(options.configuration));
    std::cout << (options.json ? report.json() : report.text(options.defaults));
    return base::ExitCode::ok;
  });
}

}  // namespace kirsch::command
