// What the TLS of a server needs and no file holds. It goes from process to process, and never to a disk.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "net/message_channel.h"
#include "net/tls/ticket_keys.h"

namespace kirsch::server {

using TicketSeeds = std::map<std::string, net::tls::TicketKeys::Seed>;  // by the name of the listener

struct TlsSecrets {
  std::map<std::string, std::optional<std::string>> passwords;  // typed, by the path of the key; none: it needs none
  TicketSeeds tickets;

  // False: the other process is gone.
  bool send(net::MessageChannel& to) const;
  // True: the message was one of those.
  bool take(const net::Message& message);
};

}  // namespace kirsch::server
