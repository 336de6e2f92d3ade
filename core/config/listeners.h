// The addresses that are listened on.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "config/reader.h"
#include "config/server.h"
#include "config/socket_access.h"
#include "config/tls.h"

namespace kirsch::config {

struct ListenerSettings {
  std::string name;
  std::string bind;       // "127.0.0.1:8080", "[::]:80", "unix:/absolute/path"; port 0: the kernel chooses
  base::Position origin;  // of bind
  SocketAccess access;    // of a unix socket
  std::optional<LimitSettings> limits = {};  // none: those of the server
  std::optional<TlsSettings> tls = {};
  bool redirect_to_https = false;
};

const std::vector<base::Option>& listener_options();

// `section` is the value of the key, null if it is absent; `root` is the document's root. What is wrong is reported to
// the reader's findings.
std::vector<ListenerSettings> read_listeners(Reader& reader, const Node* section, const Node& root);

}  // namespace kirsch::config
