// The steps of a request before its first hook: listener, host, path, conditions.
#include "command/route_query.h"

#include <algorithm>

#include "config/scalars.h"
#include "http/authority.h"
#include "http/characters.h"
#include "http/path.h"
#include "server/route_tables.h"

namespace kirsch::command {
namespace {

[[noreturn]] void refuse(std::string message, std::string help) {
  throw base::Refusal(
      base::Diagnostic{.message = std::move(message), .help = std::move(help), .exit_code = base::ExitCode::usage});
}

kirsch_text text(std::string_view view) { return {view.data(), view.size()}; }

struct Url {
  bool secure = false;
  std::string host;
  std::optional<std::uint16_t> port;
  std::string path;
};

Url parsed_url(const std::string& written) {
  Url url;
  std::string_view rest = written;
  if (const auto scheme = rest.find("://"); scheme != rest.npos) {
    url.secure = rest.starts_with("https:");
    url.port = url.secure ? 443 : 80;
    rest.remove_prefix(scheme + 3);
    const auto end = std::min(rest.find_first_of("/?#"), rest.size());
    const auto authority = http::parse_authority(rest.substr(0, end));
    if (!authority) refuse("'" + written + "' is no URL", "write http://host/path, or /path");
    url.host = authority->host;
    if (authority->port) url.port = authority->port;
    rest.remove_prefix(end);
  } else if (!rest.starts_with('/')) {
    refuse("'" + written + "' is no URL", "write http://" + written + ", or /" + written);
  }
  url.path = rest.substr(0, rest.find_first_of("?#"));
  if (url.path.empty()) url.path = "/";
  std::ranges::transform(url.host, url.host.begin(), http::lower);
  return url;
}

kirsch_address address(const std::string& written) {
  kirsch_address result{};
  if (written == "unix") {
    result.family = 1;
    return result;
  }
  const auto parsed = config::parsed_cidr(written);
  const auto* bytes = std::get_if<std::string>(&parsed);
  if (bytes == nullptr || written.find('/') != written.npos)
    refuse("'" + written + "' is no address of a client", "write 192.0.2.1, 2001:db8::1 or unix");
  std::copy_n(bytes->begin(), sizeof result.bytes, result.bytes);
  result.family = bytes->starts_with(std::string("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12)) ? 4 : 6;
  return result;
}

std::vector<kirsch_field> fields(const std::vector<std::string>& headers) {
  std::vector<kirsch_field> result;
  for (const auto& line : headers) {
    const auto colon = line.find(':');
    if (colon == line.npos || !http::is_token(std::string_view(line).substr(0, colon)))
      refuse("'" + line + "' is no header", "write 'Name: value'");
    const auto value = http::trim(std::string_view(line).substr(colon + 1));
    result.push_back(
        {line.data(), value.data(), static_cast<std::uint32_t>(value.size()), static_cast<std::uint16_t>(colon), 0});
  }
  return result;
}

std::uint16_t method_number(std::string_view name) {
  constexpr std::string_view names[] = {"", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
  const auto* const found = std::ranges::find(names, name);
  return found == std::end(names) ? std::uint16_t{KIRSCH_METHOD_OTHER} : static_cast<std::uint16_t>(found - names);
}

std::size_t chosen_listener(const config::Configuration& configuration, const RouteQuery& query, const Url& url,
                            const std::vector<pipeline::HostRouting>& hosts) {
  const auto& listeners = configuration.listeners;
  if (url.secure && std::ranges::none_of(listeners, [](const auto& one) { return one.tls.has_value(); }))
    refuse("no listener speaks TLS, so none answers '" + query.url + "'", "write http://, or give a listener tls: …");
  const auto position = [&](auto found) { return static_cast<std::size_t>(found - listeners.begin()); };
  if (!query.listener.empty()) {
    const auto named = std::ranges::find(listeners, query.listener, &config::ListenerSettings::name);
    if (named == listeners.end()) refuse("there is no listener '" + query.listener + "'", "");
    return position(named);
  }
  const auto on_port = std::ranges::find_if(
      listeners, [&](const auto& one) { return url.port && one.bind.ends_with(":" + std::to_string(*url.port)); });
  if (on_port != listeners.end()) return position(on_port);
  for (std::size_t index = 0; index < listeners.size(); ++index) {
    if (hosts[index].hosts.find(url.host)) return index;
  }
  return 0;
}

// Without a host in the URL the first one that a site names.
std::string usual_host(const config::Configuration& configuration) {
  for (const auto& site : configuration.sites) {
    for (const auto& host : site.hosts) {
      if (host.name != "default" && !host.name.starts_with('*')) return host.name;
    }
  }
  return "localhost";
}

}  // namespace

RouteAnswer find_route(const config::Configuration& configuration, const RouteQuery& query) {
  Url url = parsed_url(query.url);
  if (url.host.empty()) url.host = usual_host(configuration);
  base::Arena arena;
  const auto path = http::normalised_path(url.path, arena);
  if (!path) refuse("the path '" + url.path + "' is not valid", "the server answers 400");
  const auto lines = fields(query.headers);
  kirsch_request request{};
  request.method = method_number(query.method);
  request.path = text(*path);
  request.fields = lines.data();
  request.field_count = static_cast<std::uint32_t>(lines.size());

  const auto hosts = server::host_routing(configuration);
  RouteAnswer answer{.method = query.method, .host = url.host, .path = std::string(*path)};
  answer.listener = chosen_listener(configuration, query, url, hosts);
  const auto site = hosts[answer.listener].hosts.find(url.host);
  answer.site = site.value_or(hosts[answer.listener].fallback);
  const auto& paths = configuration.sites[answer.site].paths;
  const auto root =
      std::ranges::find_if(paths, [](const auto& one) { return one.pattern == "/" && one.matches.empty(); });
  answer.index = static_cast<std::size_t>(root - paths.begin());
  if (!site) {
    answer.status = 421;
    return answer;
  }
  const auto table = server::route_table(configuration.sites[answer.site]);
  const auto match = table.find(request, address(query.from));
  if (match.path) answer.index = *match.path;
  for (const auto& pair : match.captures())
    answer.params.emplace_back(std::string(pair.name.data, pair.name.size),
                               std::string(pair.value.data, pair.value.size));
  answer.allow = pipeline::method_list(match.allowed);
  if (match.redirect_to_slash) {
    answer.status = 308;
  } else if (match.allowed != 0) {
    answer.status = 405;
  } else if (!match.path || !paths[*answer.index].handler) {
    answer.status = 404;
  }
  return answer;
}

}  // namespace kirsch::command
