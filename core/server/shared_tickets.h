// The secrets that outlive servers: their keeper has them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "config/configuration.h"
#include "net/tls/ticket_keys.h"
#include "server/tls_secrets.h"

namespace kirsch::server {

// The keys of tickets that all servers of a configuration share, by the name of the listener.
using SharedTickets = std::map<std::string, std::shared_ptr<net::tls::TicketKeys>>;

// For a configuration that may take the place of that of `former`, which stays as it is.
SharedTickets tickets_for(const config::Configuration& configuration, const SharedTickets& former);

// As they are now, for another process.
TicketSeeds seeds_of(const SharedTickets& tickets);

}  // namespace kirsch::server
