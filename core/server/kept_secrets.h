// The secrets that outlive servers: their keeper has them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "config/configuration.h"
#include "server/key_passwords.h"
#include "server/tls_secrets.h"

namespace kirsch::server {

// One thread.
class KeptSecrets {
 public:
  // What is to be typed. Before anything forks. Throws base::Refusal.
  void ask_passwords(const config::Configuration& configuration) { passwords_.ask(configuration); }
  // For a server that is started with that configuration; all of them share the keys of tickets.
  TlsSecrets secrets(const config::Configuration& configuration);

 private:
  KeyPasswords passwords_{read_bytes};
  std::map<std::string, std::unique_ptr<net::tls::TicketKeys>> tickets_;  // by the name of the listener
};

}  // namespace kirsch::server
