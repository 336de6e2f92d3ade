// The certificates that listeners serve with, and how they are replaced while connections run.
#pragma once

#include <memory>
#include <vector>

#include "base/log.h"
#include "config/configuration.h"
#include "net/tls/layer.h"
#include "net/tls/ticket_keys.h"
#include "server/expiry_watch.h"
#include "server/key_passwords.h"
#include "server/tls_secrets.h"

namespace kirsch::server {

// The thread of the bus, except for `of` and `dates`. The configuration and the log outlive it; it outlives the loops.
class TlsListeners {
 public:
  // `read` gets the files; those that only root may read need one with its rights once privileges were dropped.
  // `inherited` is from the process that started this one.
  TlsListeners(const config::Configuration& configuration, base::Log& log, FileReader read, TlsSecrets inherited);
  TlsListeners(const TlsListeners&) = delete;
  TlsListeners& operator=(const TlsListeners&) = delete;

  // What is to be typed. Before anything forks. Throws base::Refusal.
  void ask_passwords() { passwords_.ask(configuration_); }
  // Instead, in a process that nobody can answer.
  void expect_passwords() { passwords_.expect(configuration_); }
  // Reads all files. Throws base::Refusal with what is wrong. Warnings were told by the check before the start.
  void load() { static_cast<void>(read()); }
  // The same while clients come: all of the new certificates come into use for new handshakes, or none. Connections
  // keep theirs. Warnings are logged.
  void reload();
  // Because somebody asked for this alone: having none is base::Refusal too.
  void reload_alone();

  // Null: that listener has no TLS.
  const net::tls::Contexts* of(std::size_t listener) const { return listeners_[listener].contexts.get(); }
  ExpiryWatch& dates() { return dates_; }
  // For the process that takes the place of this one.
  TlsSecrets secrets() const;

 private:
  struct Listener {
    std::unique_ptr<net::tls::Contexts> contexts;
    std::shared_ptr<net::tls::TicketKeys> tickets;  // outlive a reload: no client loses its session
  };

  bool any() const;
  std::vector<base::Diagnostic> read();

  const config::Configuration& configuration_;
  base::Log& log_;
  const FileReader read_;
  KeyPasswords passwords_;
  ExpiryWatch dates_;
  std::vector<Listener> listeners_;  // by index
};

}  // namespace kirsch::server
