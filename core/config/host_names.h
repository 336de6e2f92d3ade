// The `hosts:` of a site.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/scalars.h"
#include "config/sites.h"

namespace kirsch::config {

// Lower case, without a last dot: "www.example.org", "*.example.org", "[::1]", "default".
Parsed<std::string> parsed_host(std::string_view text);

// `hosts` null: the default alone, at the place of `at`.
std::vector<Host> read_hosts(Reader& reader, const Node* hosts, const Node& at);

// Reports hosts that two sites claim on the same listener: a request could not choose.
void check_hosts(Findings& findings, const Source& source, const std::vector<Site>& sites);

}  // namespace kirsch::config
