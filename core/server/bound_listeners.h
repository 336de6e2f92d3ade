// The listening sockets of a configuration: inherited where somebody bound them already, else bound here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "config/configuration.h"
#include "server/inheritance.h"

namespace kirsch::server {

// In the order of the configuration; a TCP listener gets `sockets` sockets that share its port. Throws base::Refusal
// with the place in the configuration.
std::vector<BoundListener> bind_listeners(const config::Configuration& configuration, unsigned sockets,
                                          Inheritance& inheritance);

// The same for a configuration that takes the place of another one, whose listeners are `old`: what stays keeps its
// sockets. The others come from `given`, or are bound where that is null.
std::vector<BoundListener> rebind_listeners(const config::Configuration& configuration, unsigned sockets,
                                            const std::vector<BoundListener>& old,
                                            std::vector<BoundListener>* given = nullptr);

// Whether an address of one configuration is that of another, so that its sockets are the same. Where the kernel
// chooses the port, the name says which is which.
bool same_address(std::string_view name, std::string_view bind, std::string_view other_name,
                  std::string_view other_bind);

// Without dropprivileges a server of root would serve the network as root. Throws base::Refusal. True: it is tolerated.
bool refuse_root(const config::Configuration& configuration, const std::vector<BoundListener>& listeners);
// The same, with a warning where it is tolerated.
void refuse_root(const config::Configuration& configuration, const std::vector<BoundListener>& listeners,
                 base::Log& log);

// A line "serving URL" per listener.
std::string served_text(const config::Configuration& configuration, const std::vector<BoundListener>& listeners);

}  // namespace kirsch::server
