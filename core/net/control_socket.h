// Where the command reaches a server that runs: a unix socket for its user and root alone.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "base/unique_fd.h"
#include "net/message_channel.h"
#include "net/socket_file.h"

namespace kirsch::net {

// The listening end. Its file is removed at the end if it is still the one that was bound, unless `release_file` was
// called.
class ControlSocket {
 public:
  // Mode 0600. Throws base::Refusal if a server answers there already, naming its process.
  static ControlSocket bind(const std::filesystem::path& path);
  // What another process of this server bound there, and owns until `claim`.
  static ControlSocket adopt(const std::filesystem::path& path, base::UniqueFd descriptor);

  int descriptor() const noexcept { return socket_.get(); }
  // None: nobody waits, or it is not root and not our user.
  std::optional<MessageChannel> accept() noexcept;
  // To whoever has claimed it; where nobody has, it is removed.
  void release_file() noexcept;
  // From here on clients are told that this process is the server, whoever bound it, and the file is its own.
  void claim();

 private:
  ControlSocket(std::filesystem::path path, base::UniqueFd socket)
      : path_(std::move(path)), socket_(std::move(socket)) {}

  std::filesystem::path path_;
  base::UniqueFd socket_;
  std::unique_ptr<SocketFile> file_;  // none: somebody else's
};

struct ControlConnection {
  MessageChannel channel;
  pid_t server = 0;
};

// None: nobody listens there. Throws base::Refusal if that may not be asked.
std::optional<ControlConnection> connect_control(const std::filesystem::path& path);
// Whether it is that process that listens there.
bool is_control_of(pid_t server, const std::filesystem::path& path) noexcept;

}  // namespace kirsch::net
