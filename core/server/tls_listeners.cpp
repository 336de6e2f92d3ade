// All or nothing: clients never meet a mix of old and new certificates.
#include "server/tls_listeners.h"

#include <algorithm>
#include <utility>

namespace kirsch::server {

TlsListeners::TlsListeners(const config::Configuration& configuration, base::Log& log, FileReader read,
                           TlsSecrets inherited)
    : configuration_(&configuration),
      log_(log),
      read_(std::move(read)),
      inherited_(std::move(inherited.tickets)),
      passwords_(read_, std::move(inherited.passwords)),
      dates_(log) {}

TlsSecrets TlsListeners::secrets() const {
  TlsSecrets secrets{passwords_.typed(), {}};
  for (const auto& [name, listener] : listeners_) {
    const auto seed = listener->tickets == nullptr ? std::nullopt : listener->tickets->seed();
    if (seed) secrets.tickets[name] = *seed;
  }
  return secrets;
}

// The one that there is, as far as its keys of tickets are to be as they are.
std::shared_ptr<TlsListeners::Listener> TlsListeners::listener_for(const config::ListenerSettings& settings,
                                                                   const TicketSeeds& given) const {
  const auto rotation = settings.tls->tickets.value_or(std::chrono::milliseconds(0));
  const auto known = listeners_.find(settings.name);
  if (known != listeners_.end() && known->second->rotation == rotation) return known->second;
  auto made = std::make_shared<Listener>();
  made->rotation = rotation;
  if (rotation.count() == 0) return made;
  const auto seed = given.find(settings.name);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(rotation);
  made->tickets = seed == given.end() ? std::make_shared<net::tls::TicketKeys>(seconds)
                                      : std::make_shared<net::tls::TicketKeys>(seconds, seed->second);
  return made;
}

TlsListeners::Staged TlsListeners::stage(const config::Configuration& configuration, const TicketSeeds& given) {
  passwords_.expect(configuration);
  Staged staged;
  std::vector<base::Diagnostic> found;
  for (const auto& settings : configuration.listeners) {
    if (!settings.tls) continue;
    const auto listener = staged.listeners[settings.name] = listener_for(settings, given);
    staged.contexts.emplace_back(settings.name,
                                 make_context(settings, read_, passwords_, listener->tickets, Purpose::serve, found));
  }
  staged.warnings = warnings_of(std::move(found));
  return staged;
}

void TlsListeners::use(const config::Configuration& configuration, Staged staged) {
  configuration_ = &configuration;
  for (const auto& [name, listener] : listeners_)
    if (!staged.listeners.contains(name)) dates_.set(name, {});
  listeners_ = std::move(staged.listeners);
  for (auto& [name, context] : staged.contexts) {
    dates_.set(name, context->expiries());
    listeners_[name]->contexts.set(std::move(context));
  }
  dates_.look();
}

void TlsListeners::reload() {
  if (std::ranges::none_of(configuration_->listeners, [](const auto& one) { return one.tls.has_value(); }))
    throw base::Refusal(base::Diagnostic{.code = "C086", .message = "no listener of this server has certificates"});
  auto staged = stage(*configuration_, {});
  tell(staged);
  use(*configuration_, std::move(staged));
}

void TlsListeners::tell(const Staged& staged) const {
  for (const auto& warning : staged.warnings) log_.write(base::Level::warning, "tls: " + warning.message);
  if (!staged.contexts.empty()) log_.write(base::Level::info, "tls: certificates were read anew");
}

std::shared_ptr<const net::tls::Contexts> TlsListeners::of(const std::string& listener) const {
  const auto found = listeners_.find(listener);
  if (found == listeners_.end()) return nullptr;
  return {found->second, &found->second->contexts};
}

}  // namespace kirsch::server
