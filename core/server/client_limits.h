// What the clients of listeners may cost, with the count of their connections.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "config/configuration.h"
#include "http/capacity.h"
#include "http/limits.h"
#include "net/tls/layer.h"

namespace kirsch::server {

// Of those listeners that share it. Connections keep what they began with.
struct ClientLimits {
  ClientLimits(const http::Limits& what, const net::tls::Layer::Settings& of_handshakes, http::Capacity& whole)
      : limits(what), handshakes(of_handshakes), capacity(what.connections, &whole) {}

  const http::Limits limits;
  const net::tls::Layer::Settings handshakes;  // of each loop
  http::Capacity capacity;
};

// The thread of the bus.
class ClientLimitsTable {
 public:
  // Makes it so that a configuration uses no more descriptors than the process may have. `log` must outlive it.
  ClientLimitsTable(const config::Configuration& configuration, unsigned loops, base::Log& log);

  // By listener. Those without limits of their own share the server's, and the count of connections with it. What has
  // not changed since the last call is the same object. `numbers` are those of the listeners.
  std::vector<std::shared_ptr<ClientLimits>> of(const config::Configuration& configuration,
                                                const std::vector<std::uint32_t>& numbers);

 private:
  std::shared_ptr<ClientLimits> get(std::uint32_t key, const config::LimitSettings& settings);

  const unsigned loops_;
  const std::uint32_t room_;  // for connections, by the descriptors of the process
  http::Capacity descriptors_;
  std::map<std::uint32_t, std::weak_ptr<ClientLimits>> known_;
};

http::Limits http_limits(const config::LimitSettings& settings);

}  // namespace kirsch::server
