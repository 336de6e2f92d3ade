// Keys of a configuration that the core reads itself.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "config/findings.h"
#include "config/node.h"

namespace kirsch::config {

// False and reported: `node` is no mapping. Keys beside `known` are reported; those of `later` as not supported yet.
// `owner` as in "a site"; at the top of the file empty.
bool check_section(Findings& findings, const Node& node, const std::string& owner,
                   const std::vector<std::string>& known, const std::vector<std::string>& later = {});

// `mapping` without its keys `later`, each of which is reported as not supported yet.
Node without_later_keys(Findings& findings, const Node& mapping, const std::string& owner,
                        std::initializer_list<std::string_view> later);

}  // namespace kirsch::config
