// The certificates that listeners serve with, and how they are replaced while connections run.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/configuration.h"
#include "net/tls/layer.h"
#include "net/tls/ticket_keys.h"
#include "server/expiry_watch.h"
#include "server/key_passwords.h"
#include "server/tls_secrets.h"

namespace kirsch::server {

// The thread of the bus, except for `dates`. The log outlives it, a configuration its use; it outlives the loops.
class TlsListeners {
  struct Listener;

 public:
  // What a configuration wants, read and ready, not yet in use.
  class Staged {
    friend class TlsListeners;
    std::map<std::string, std::shared_ptr<Listener>, std::less<>> listeners;
    std::vector<std::pair<std::string, std::shared_ptr<const net::tls::Context>>> contexts;
    std::vector<base::Diagnostic> warnings;
  };

  // `read` gets the files; those that only root may read need one with its rights once privileges were dropped.
  // `inherited` is from the process that started this one.
  TlsListeners(const config::Configuration& configuration, base::Log& log, FileReader read, TlsSecrets inherited);
  TlsListeners(const TlsListeners&) = delete;
  TlsListeners& operator=(const TlsListeners&) = delete;

  // What is to be typed. Before anything forks. Throws base::Refusal.
  void ask_passwords() { passwords_.ask(*configuration_); }
  // Instead, in a process that nobody can answer.
  void expect_passwords() { passwords_.expect(*configuration_); }
  // Reads all files. Throws base::Refusal with what is wrong. Warnings were told by the check before the start.
  void load() { use(*configuration_, stage(*configuration_, inherited_)); }
  // The same while clients come: all of the new certificates come into use for new handshakes, or none. Connections
  // keep theirs. Warnings are logged.
  void reload();
  // The same in two steps, for another configuration; `given` are for tickets of listeners that are new. The first
  // throws base::Refusal and changes nothing.
  Staged stage(const config::Configuration& configuration, const TicketSeeds& given);
  void use(const config::Configuration& configuration, Staged staged);
  void tell(const Staged& staged) const;  // to the log

  // By name. Null: that listener has no TLS.
  std::shared_ptr<const net::tls::Contexts> of(const std::string& listener) const;
  ExpiryWatch& dates() { return dates_; }
  // For the process that takes the place of this one.
  TlsSecrets secrets() const;

 private:
  struct Listener {
    net::tls::Contexts contexts;
    std::shared_ptr<net::tls::TicketKeys> tickets;  // outlive a reload: no client loses its session
    std::chrono::milliseconds rotation{};           // of them
  };

  std::shared_ptr<Listener> listener_for(const config::ListenerSettings& settings, const TicketSeeds& given) const;

  const config::Configuration* configuration_;
  base::Log& log_;
  const FileReader read_;
  const TicketSeeds inherited_;
  KeyPasswords passwords_;
  ExpiryWatch dates_;
  std::map<std::string, std::shared_ptr<Listener>, std::less<>> listeners_;  // by name, those with TLS
};

}  // namespace kirsch::server
