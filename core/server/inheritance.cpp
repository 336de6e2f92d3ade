// One message per listener and portion of sockets, then the one that says that this is all.
#include "server/inheritance.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <sstream>

#include "base/diagnostic.h"
#include "server/spawn.h"

namespace kirsch::server {
namespace {

using namespace std::chrono_literals;

constexpr auto bequest_patience = 10s;

base::Refusal refusal(const std::string& what) {
  return base::Refusal(
      base::Diagnostic{.code = "P003",
                       .message = "what another process of this server should hand over did not come: " + what,
                       .help = "is " + std::string(inheritance_variable) + " set by hand?",
                       .exit_code = base::ExitCode::internal});
}

net::MessageChannel given_channel(std::string_view digits) {
  int number = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  auto channel = number < 3 ? std::nullopt : net::MessageChannel::inherited(number);
  if (!channel) throw refusal("descriptor " + std::string(digits) + " is no such socket");
  return *std::move(channel);
}

BoundListener& entry_for(std::vector<BoundListener>& listeners, const std::string& name, const std::string& bind) {
  const auto found =
      std::ranges::find_if(listeners, [&](const BoundListener& one) { return one.name == name && one.bind == bind; });
  return found != listeners.end() ? *found
                                  : listeners.emplace_back(BoundListener{.name = name, .bind = bind, .sockets = {}});
}

constexpr std::string_view activated = "\nactivated";  // behind its name and address

void take_sockets(std::vector<BoundListener>& listeners, net::Message& message) {
  std::string_view text = message.body;
  const bool by_manager = text.ends_with(activated);
  if (by_manager) text.remove_suffix(activated.size());
  const auto end = text.find('\n');
  if (end == text.npos) throw refusal("a listener without an address");
  auto& entry = entry_for(listeners, std::string(text.substr(0, end)), std::string(text.substr(end + 1)));
  entry.activated = by_manager;
  for (auto& descriptor : message.descriptors) entry.sockets.push_back(net::Listener::adopt(std::move(descriptor)));
}

constexpr int first_activated = 3;  // SD_LISTEN_FDS_START

int number_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::atoi(text);
}

void take_activated(std::vector<BoundListener>& listeners) {
  if (number_in("LISTEN_PID") != ::getpid()) return;
  const int count = number_in("LISTEN_FDS");
  const char* names = std::getenv("LISTEN_FDNAMES");
  std::istringstream words(names == nullptr ? "" : names);
  for (int index = 0; index < count; ++index) {
    std::string name;
    std::getline(words, name, ':');
    auto& entry = entry_for(listeners, name, {});
    entry.activated = true;
    entry.sockets.push_back(net::Listener::adopt(base::UniqueFd(first_activated + index)));
  }
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(variable);
}

}  // namespace

Inheritance Inheritance::take() {
  Inheritance inheritance;
  const char* variable = std::getenv(inheritance_variable);
  if (variable == nullptr) {
    take_activated(inheritance.listeners);
    return inheritance;
  }
  inheritance.channel = given_channel(variable);
  ::unsetenv(inheritance_variable);
  for (;;) {
    auto message = inheritance.channel->receive(bequest_patience);
    if (!message) throw refusal("its giver is silent");
    if (message->type == "listener") {
      take_sockets(inheritance.listeners, *message);
    } else if (message->type == "module" || message->type == "configuration") {
      inheritance.handover.take(*message);
    } else if (message->type == "control" && message->descriptors.size() == 1) {
      inheritance.control = std::move(message->descriptors.front());
    } else if (message->type == "keeper" || message->type == "predecessor") {
      inheritance.from = message->type == "keeper" ? From::keeper : From::predecessor;
      inheritance.pid = static_cast<pid_t>(std::atoi(message->body.c_str()));
      return inheritance;
    } else {
      inheritance.secrets.take(*message);
    }
  }
}

std::optional<BoundListener> Inheritance::take_listener(const std::string& name, const std::string& bind) {
  const auto found = std::ranges::find_if(
      listeners, [&](const BoundListener& one) { return one.name == name && (one.bind == bind || one.bind.empty()); });
  if (found == listeners.end() || found->sockets.empty()) return std::nullopt;
  std::optional<BoundListener> taken(std::move(*found));
  taken->bind = bind;
  listeners.erase(found);
  return taken;
}

void Inheritance::drop_rest() {
  for (const auto& listener : listeners) {
    if (!listener.bind.empty()) continue;
    throw base::Refusal(base::Diagnostic{
        .code = "P006",
        .message = "the service manager passes the socket '" + listener.name + "', but no listener has that name",
        .help = "FileDescriptorName= of the .socket unit and a name under listeners must be the same",
        .exit_code = base::ExitCode::bind_or_permission});
  }
  listeners.clear();
}

void take_listener(std::vector<BoundListener>& listeners, net::Message& message) { take_sockets(listeners, message); }

bool send_listeners(net::MessageChannel& to, const std::vector<BoundListener>& listeners) {
  for (const auto& listener : listeners) {
    std::vector<int> descriptors;
    for (const auto& socket : listener.sockets) descriptors.push_back(socket.descriptor());
    const auto body = listener.name + '\n' + listener.bind + std::string(listener.activated ? activated : "");
    for (std::size_t at = 0; at < descriptors.size(); at += net::MessageChannel::most_descriptors) {
      const auto count = std::min(net::MessageChannel::most_descriptors, descriptors.size() - at);
      const std::vector<int> portion(descriptors.begin() + static_cast<std::ptrdiff_t>(at),
                                     descriptors.begin() + static_cast<std::ptrdiff_t>(at + count));
      if (!to.send("listener", body, portion)) return false;
    }
  }
  return true;
}

bool bequeath(net::MessageChannel& to, Inheritance::From from, const std::vector<BoundListener>& listeners, int control,
              const TlsSecrets& secrets) {
  if (!send_listeners(to, listeners) || !secrets.send(to)) return false;
  if (control >= 0 && !to.send("control", {}, {control})) return false;
  return to.send(from == Inheritance::From::keeper ? "keeper" : "predecessor", std::to_string(::getpid()));
}

bool report_failure(net::MessageChannel& to, base::ExitCode code, std::string_view text) noexcept {
  return to.send("failed", std::to_string(static_cast<int>(code)) + '\n' + std::string(text));
}

}  // namespace kirsch::server
