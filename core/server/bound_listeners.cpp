// Shared by the process that serves alone and by the keeper.
#include "server/bound_listeners.h"

#include <unistd.h>

#include <algorithm>

#include "server/engine_plugins.h"

namespace kirsch::server {
namespace {

BoundListener bind(const config::ListenerSettings& settings, unsigned sockets) {
  const auto address = net::Address::parse(settings.bind);
  if (!address) {
    throw base::Refusal(base::Diagnostic{
        .code = "C074", .message = "'" + settings.bind + "' is no address to bind", .position = settings.origin});
  }
  try {
    return {.name = settings.name,
            .bind = settings.bind,
            .sockets = net::Listener::bind(*address, address->is_unix() ? 1 : sockets,
                                           {.unix_mode = settings.access.mode,
                                            .unix_owner = settings.access.owner,
                                            .unix_group = settings.access.group})};
  } catch (const base::Refusal& refusal) {
    auto diagnostics = refusal.diagnostics();
    if (!diagnostics.front().position) diagnostics.front().position = settings.origin;
    throw base::Refusal(std::move(diagnostics));
  }
}

// One, but for sockets of a service manager, which may have bound others to the same name.
std::vector<net::Address> addresses_of(const BoundListener& listener) {
  std::vector<net::Address> addresses;
  for (const auto& socket : listener.sockets) {
    const auto same = [&](const net::Address& other) { return other.text() == socket.address().text(); };
    if (std::ranges::none_of(addresses, same)) addresses.push_back(socket.address());
  }
  return addresses;
}

std::string url(const net::Address& address, bool secure) {
  return address.is_unix() ? address.text() : (secure ? "https://" : "http://") + address.text();
}

}  // namespace

std::vector<BoundListener> bind_listeners(const config::Configuration& configuration, unsigned sockets,
                                          Inheritance& inheritance) {
  std::vector<BoundListener> listeners;
  for (const auto& settings : configuration.listeners) {
    auto inherited = inheritance.take_listener(settings.name, settings.bind);
    listeners.push_back(inherited ? std::move(*inherited) : bind(settings, sockets));
  }
  inheritance.drop_rest();
  return listeners;
}

std::vector<BoundListener> rebind_listeners(const config::Configuration& configuration, unsigned sockets,
                                            const std::vector<BoundListener>& old, std::vector<BoundListener>* given) {
  std::vector<BoundListener> listeners;
  for (const auto& settings : configuration.listeners) {
    const auto find_in = [&](const std::vector<BoundListener>& list) {
      return std::ranges::find_if(
          list, [&](const auto& one) { return same_address(one.name, one.bind, settings.name, settings.bind); });
    };
    if (const auto same = find_in(old); same != old.end()) {
      listeners.push_back(*same);
      listeners.back().name = settings.name;
    } else if (given == nullptr) {
      listeners.push_back(bind(settings, sockets));
    } else if (const auto one = find_in(*given); one != given->end()) {
      listeners.push_back(*one);
    } else {
      throw base::Refusal(base::Diagnostic{.code = "C074",
                                           .message = "the keeper did not hand over a socket for " + settings.bind +
                                                      ": the configuration has changed since it was read there",
                                           .position = settings.origin});
    }
  }
  return listeners;
}

bool same_address(std::string_view name, std::string_view bind, std::string_view other_name,
                  std::string_view other_bind) {
  return bind == other_bind && (!bind.ends_with(":0") || name == other_name);
}

bool refuse_root(const config::Configuration& configuration, const std::vector<BoundListener>& listeners) {
  if (::geteuid() != 0 || configuration.server.allow_root || names_plugin(configuration, "dropprivileges"))
    return false;
  for (const auto& listener : listeners) {
    for (const auto& address : addresses_of(listener)) {
      if (address.is_unix() || address.loopback()) continue;
      throw base::Refusal(
          base::Diagnostic{.code = "C076",
                           .message = "as root the server listens on loopback addresses only, not on " + address.text(),
                           .help = "start it as another user, or say server: { allow_root: true }",
                           .exit_code = base::ExitCode::bind_or_permission});
    }
  }
  return true;
}

void refuse_root(const config::Configuration& configuration, const std::vector<BoundListener>& listeners,
                 base::Log& log) {
  if (refuse_root(configuration, listeners))
    log.write(base::Level::warning, "server: running as root; tolerated because only loopback addresses are bound");
}

std::string served_text(const config::Configuration& configuration, const std::vector<BoundListener>& listeners) {
  std::string text;
  for (std::size_t index = 0; index < listeners.size(); ++index) {
    const bool secure = configuration.listeners[index].tls.has_value();
    for (const auto& address : addresses_of(listeners[index])) text += "serving " + url(address, secure) + '\n';
  }
  return text;
}

}  // namespace kirsch::server
