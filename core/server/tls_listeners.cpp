// All or nothing: clients never meet a mix of old and new certificates.
#include "server/tls_listeners.h"

#include <algorithm>
#include <utility>

namespace kirsch::server {

TlsListeners::TlsListeners(const config::Configuration& configuration, base::Log& log, FileReader read,
                           TlsSecrets inherited)
    : configuration_(configuration),
      log_(log),
      read_(std::move(read)),
      passwords_(read_, std::move(inherited.passwords)),
      dates_(log) {
  for (const auto& listener : configuration.listeners) {
    Listener& one = listeners_.emplace_back();
    if (!listener.tls) continue;
    one.contexts = std::make_unique<net::tls::Contexts>();
    if (!listener.tls->tickets) continue;
    const auto rotation = std::chrono::duration_cast<std::chrono::seconds>(*listener.tls->tickets);
    const auto seed = inherited.tickets.find(listener.name);
    one.tickets = seed == inherited.tickets.end() ? std::make_shared<net::tls::TicketKeys>(rotation)
                                                  : std::make_shared<net::tls::TicketKeys>(rotation, seed->second);
  }
}

TlsSecrets TlsListeners::secrets() const {
  TlsSecrets secrets{passwords_.typed(), {}};
  for (std::size_t index = 0; index < listeners_.size(); ++index) {
    const auto& keys = listeners_[index].tickets;
    const auto seed = keys == nullptr ? std::nullopt : keys->seed();
    if (seed) secrets.tickets[configuration_.listeners[index].name] = *seed;
  }
  return secrets;
}

// The warnings.
std::vector<base::Diagnostic> TlsListeners::read() {
  std::vector<std::pair<std::size_t, std::shared_ptr<const net::tls::Context>>> loaded;
  std::vector<base::Diagnostic> found;
  for (std::size_t index = 0; index < listeners_.size(); ++index) {
    if (listeners_[index].contexts == nullptr) continue;
    loaded.emplace_back(index, make_context(configuration_.listeners[index], read_, passwords_,
                                            listeners_[index].tickets, Purpose::serve, found));
  }
  auto warnings = warnings_of(std::move(found));
  for (auto& [index, context] : loaded) {
    dates_.set(configuration_.listeners[index].name, context->expiries());
    listeners_[index].contexts->set(std::move(context));
  }
  dates_.look();
  return warnings;
}

bool TlsListeners::any() const {
  return std::ranges::any_of(listeners_, [](const Listener& one) { return one.contexts != nullptr; });
}

void TlsListeners::reload_alone() {
  if (!any())
    throw base::Refusal(base::Diagnostic{.code = "C086", .message = "no listener of this server has certificates"});
  reload();
}

void TlsListeners::reload() {
  for (const auto& warning : read()) log_.write(base::Level::warning, "tls: " + warning.message);
  if (any()) log_.write(base::Level::info, "tls: certificates were read anew");
}

}  // namespace kirsch::server
