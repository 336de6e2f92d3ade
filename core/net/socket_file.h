// The file of a listening unix socket: who is there already, its permissions, its removal.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace kirsch::net {

enum class Occupant { nobody, stale_socket, server, other_file };

// What is at `path` now. A socket at which nobody answers is stale; when in doubt there is a server.
Occupant occupant(const std::string& path);

// Removes the file in the end, if it is still the one that was bound and keep was not called.
class SocketFile {
 public:
  explicit SocketFile(std::string path) noexcept;  // right after bind
  ~SocketFile();
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

  // False: errno says why.
  bool set_mode(unsigned mode) noexcept;
  bool set_owner(std::optional<unsigned> user, std::optional<unsigned> group) noexcept;
  void keep() noexcept { kept_ = true; }
  // Whoever bound the path since is not disturbed if seen in time; the bind that follows has the last word.
  static void remove_stale(const std::string& path) noexcept;

 private:
  bool still_ours() const noexcept;

  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool kept_ = false;
};

}  // namespace kirsch::net
