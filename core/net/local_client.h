// A client of a unix socket, for a process that tries a server of its own.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace kirsch::net {

// Blocks for at most the time that each call says.
class LocalClient {
 public:
  // None: nobody listens there.
  static std::optional<LocalClient> connect(const std::filesystem::path& path);

  // As much as the server takes; what is left when it has gone, or takes nothing more, is not sent.
  void send(std::string_view bytes, std::chrono::milliseconds patience) const;
  // All that comes until the server ends the connection, or until then.
  std::string receive(std::chrono::milliseconds patience) const;

 private:
  explicit LocalClient(base::UniqueFd socket) : socket_(std::move(socket)) {}
  bool ready(short events, std::chrono::steady_clock::time_point until) const;

  base::UniqueFd socket_;
};

}  // namespace kirsch::net
