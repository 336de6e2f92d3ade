// The listening sockets of a configuration: inherited where somebody bound them already, else bound here.
#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "config/configuration.h"
#include "server/inheritance.h"

namespace kirsch::server {

// In the order of the configuration; a TCP listener gets `sockets` sockets that share its port. Throws base::Refusal
// with the place in the configuration.
std::vector<BoundListener> bind_listeners(const config::Configuration& configuration, unsigned sockets,
                                          Inheritance& inheritance);

// Without dropprivileges a server of root would serve the network as root. Throws base::Refusal, or warns.
void refuse_root(const config::Configuration& configuration, const std::vector<BoundListener>& listeners,
                 base::Log& log);

// A line "serving URL" per listener.
std::string served_text(const config::Configuration& configuration, const std::vector<BoundListener>& listeners);

}  // namespace kirsch::server
