// Keys are made when a server first needs them; those of a listener that stays go on.
#include "server/shared_tickets.h"

#include <chrono>

namespace kirsch::server {

SharedTickets tickets_for(const config::Configuration& configuration, const SharedTickets& former) {
  SharedTickets tickets;
  for (const auto& listener : configuration.listeners) {
    if (!listener.tls || !listener.tls->tickets) continue;
    const auto rotation = std::chrono::duration_cast<std::chrono::seconds>(*listener.tls->tickets);
    const auto known = former.find(listener.name);
    if (known == former.end()) {
      tickets[listener.name] = std::make_shared<net::tls::TicketKeys>(rotation);
    } else if (known->second->rotation() == rotation) {
      tickets[listener.name] = known->second;
    } else {
      tickets[listener.name] = std::make_shared<net::tls::TicketKeys>(rotation, known->second->seed());
    }
  }
  return tickets;
}

TicketSeeds seeds_of(const SharedTickets& tickets) {
  TicketSeeds seeds;
  for (const auto& [name, keys] : tickets)
    if (const auto seed = keys->seed()) seeds[name] = *seed;
  return seeds;
}

}  // namespace kirsch::server
