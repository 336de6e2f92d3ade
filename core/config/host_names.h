// The `hosts:` of a site.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/scalars.h"
#include "config/sites.h"

namespace kirsch::config {

// Lower case, without a last dot: "www.example.org", "*.example.org", "[::1]", "default".
Parsed<std::string> parsed_host(std::string_view text);

// `hosts` null: the default alone, at the place of `at`.
std::vector<Host> read_hosts(Reader& reader, const Node* hosts, const Node& at);

// Reports hosts that two sites claim on the same listener: a request could not choose.
class HostClaims {
 public:
  explicit HostClaims(Findings& findings) : findings_(findings) {}

  // `at`: the value of the site's key, or the site.
  void claim(const std::vector<Host>& hosts, const std::vector<std::size_t>& listeners, const Node& at);

 private:
  Findings& findings_;
  std::map<std::pair<std::size_t, std::string>, base::Position> claims_;
};

}  // namespace kirsch::config
