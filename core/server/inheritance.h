// What a server process gets from the one that started it: its keeper, or the server whose place it takes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_code.h"
#include "net/listener.h"
#include "net/message_channel.h"
#include "server/handover.h"
#include "server/tls_secrets.h"

namespace kirsch::server {

// The sockets of one configured listener.
struct BoundListener {
  std::string name;
  std::string bind;  // as configured; empty: a service manager has bound it, and knows its name only
  std::vector<net::Listener> sockets;
  bool activated = false;  // by a service manager, whose the file of a unix socket stays
};

struct Inheritance {
  enum class From : std::uint8_t { nobody, keeper, predecessor };

  From from = From::nobody;
  pid_t pid = 0;  // of who started this process
  std::vector<BoundListener> listeners;
  base::UniqueFd control;  // of a predecessor: its listening control socket
  Handover handover;       // of a keeper
  std::optional<net::MessageChannel> channel;
  TlsSecrets secrets;

  // What the environment says was given, by another process of this server or by a service manager (sd_listen_fds(3));
  // nothing if this process was started by a person. Once, before threads. Throws base::Refusal.
  static Inheritance take();

  // The sockets of a listener if they were given, and not asked for before.
  std::optional<BoundListener> take_listener(const std::string& name, const std::string& bind);
  // Once all listeners are taken: what was given beside is closed. Throws base::Refusal for a socket of a service
  // manager that no listener has the name of.
  void drop_rest();
};

// Listeners alone, with their sockets, and one portion of them as it arrives. The first: false if the other side is
// gone; the second throws base::Refusal for what is none.
bool send_listeners(net::MessageChannel& to, const std::vector<BoundListener>& listeners);
void take_listener(std::vector<BoundListener>& listeners, net::Message& message);

// The other side. `control` may be -1. False: the child is gone.
bool bequeath(net::MessageChannel& to, Inheritance::From from, const std::vector<BoundListener>& listeners, int control,
              const TlsSecrets& secrets);

// What a started process says when it cannot serve. False: its starter is gone.
bool report_failure(net::MessageChannel& to, base::ExitCode code, std::string_view text) noexcept;

}  // namespace kirsch::server
