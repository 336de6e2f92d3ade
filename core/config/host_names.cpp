// Syntax of host names and who claims them.
#include "config/host_names.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/code.h"
#include "config/fields.h"

namespace kirsch::config {
namespace {

bool label_fits(std::string_view label) {
  return !label.empty() && label.size() <= 63 && std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

Parsed<std::string> parsed_host(std::string_view text) {
  std::string host(text);
  for (char& c : host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (host.ends_with('.')) host.pop_back();
  if (host == "*") return Misfit{"a host", "write default for all other hosts"};
  if (host.starts_with("http://") || host.starts_with("https://"))
    return Misfit{"a host", "write the name alone, without the scheme"};
  if (host.starts_with('[')) {
    std::array<unsigned char, 16> bytes{};
    std::array<char, INET6_ADDRSTRLEN> name{};
    const std::string inside = host.ends_with(']') ? host.substr(1, host.size() - 2) : "";
    if (::inet_pton(AF_INET6, inside.c_str(), bytes.data()) != 1)
      return Misfit{"a host", "write an IPv6 address in brackets: [::1]"};
    ::inet_ntop(AF_INET6, bytes.data(), name.data(), name.size());  // one spelling for each
    return "[" + std::string(name.data()) + "]";
  }
  if (host.find('/') != std::string::npos) return Misfit{"a host", "paths stand under 'paths'"};
  if (host.find(':') != std::string::npos)
    return Misfit{"a host", "leave out the port: a site answers on its listeners; an IPv6 address stands in brackets"};
  std::string_view rest = host;
  if (rest.starts_with("*.")) rest.remove_prefix(2);
  if (rest.find('*') != std::string_view::npos)
    return Misfit{"a host", "a star stands for all names below: *.example.org"};
  if (host.size() > 253) return Misfit{"a host", "a name has at most 253 bytes"};
  for (;;) {
    const std::size_t dot = rest.find('.');
    if (!label_fits(rest.substr(0, dot)))
      return Misfit{"a host", "a name has letters, digits and hyphens between dots; write xn--… for others"};
    if (dot == std::string_view::npos) return host;
    rest.remove_prefix(dot + 1);
  }
}

std::vector<Host> read_hosts(Reader& reader, const Node* hosts, const Node& at) {
  if (hosts == nullptr) return {{"default", at.position()}};
  base::Schema schema = list_of(text(512));
  schema.minimum = 1;
  const std::optional<base::Value> values = reader.value(*hosts, schema, "'hosts' of a site");
  std::vector<Host> result;
  if (!values) return result;
  const auto& list = std::get<base::Value::List>(values->data);
  for (std::size_t index = 0; index < list.size(); ++index) {
    const std::string& written = as_text(list[index]);
    Parsed<std::string> host = parsed_host(written);
    if (const Misfit* misfit = std::get_if<Misfit>(&host))
      reader.findings().error(hosts->items[index], code::bad_host,
                              "'hosts' of a site wants " + misfit->why + ", not '" + written + "'",
                              {.note = misfit->note});
    else
      result.push_back({std::move(std::get<std::string>(host)), list[index].origin});
  }
  return result;
}

void HostClaims::claim(const std::vector<Host>& hosts, const std::vector<std::size_t>& listeners, const Node& at) {
  for (const Host& host : hosts) {
    for (const std::size_t listener : listeners) {
      const auto [claim, fresh] = claims_.try_emplace({listener, host.name}, host.origin);
      if (fresh) continue;
      Node here = at;
      here.line = host.origin.line;
      here.column = host.origin.column;
      here.length = host.origin.length;
      findings_.error(here, code::twice, "host '" + host.name + "' is claimed twice on one listener",
                      {.note = first_at(claim->second, here),
                       .help = "put the paths under one site, or give the sites different listeners"});
      break;
    }
  }
}

}  // namespace kirsch::config
