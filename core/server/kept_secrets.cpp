// Keys are made when the first server needs them.
#include "server/kept_secrets.h"

#include <chrono>
#include <utility>

namespace kirsch::server {

TlsSecrets KeptSecrets::secrets(const config::Configuration& configuration) {
  TlsSecrets secrets{passwords_.typed(), {}};
  for (const auto& listener : configuration.listeners) {
    if (!listener.tls || !listener.tls->tickets) continue;
    const auto rotation = std::chrono::duration_cast<std::chrono::seconds>(*listener.tls->tickets);
    auto& keys = tickets_[listener.name];
    if (keys == nullptr) keys = std::make_unique<net::tls::TicketKeys>(rotation);
    if (keys->rotation() != rotation) keys = std::make_unique<net::tls::TicketKeys>(rotation, keys->seed());
    if (const auto seed = keys->seed()) secrets.tickets[listener.name] = *seed;
  }
  return secrets;
}

}  // namespace kirsch::server
