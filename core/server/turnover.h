// What loops need to go over to a generation.
#pragma once

#include <memory>
#include <vector>

#include "server/generations.h"
#include "server/inheritance.h"
#include "server/lane.h"
#include "server/tls_listeners.h"

namespace kirsch::server {

// For `redirect: https`, with the ports that the kernel chose. `listeners` are those of the configuration, by index.
void open_secure_doors(LoadedGeneration& generation, const std::vector<BoundListener>& listeners);

// As above; listeners without sockets are listened on already.
Turnover turnover(LoadedGeneration& generation, const std::vector<BoundListener>& fresh,
                  std::vector<std::shared_ptr<ClientLimits>> limits, const TlsListeners& tls);

}  // namespace kirsch::server
