// Asks the file system and, for a socket, whoever may listen behind it.
#include "net/socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/unique_fd.h"

namespace kirsch::net {

Occupant occupant(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return Occupant::nobody;  // bind reports anything but its absence
  if (!S_ISSOCK(status.st_mode)) return Occupant::other_file;
  const base::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy_n(path.data(), std::min(path.size(), sizeof(address.sun_path) - 1), address.sun_path);
  const int result = ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  return result != 0 && errno == ECONNREFUSED ? Occupant::stale_socket : Occupant::server;
}

SocketFile::SocketFile(std::string path) noexcept : path_(std::move(path)) {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

SocketFile::~SocketFile() {
  if (!kept_ && still_ours()) ::unlink(path_.c_str());
}

bool SocketFile::set_mode(unsigned mode) noexcept { return ::chmod(path_.c_str(), static_cast<mode_t>(mode)) == 0; }

bool SocketFile::set_owner(std::optional<unsigned> user, std::optional<unsigned> group) noexcept {
  constexpr unsigned unchanged = ~0U;
  if (!user && !group) return true;
  return ::lchown(path_.c_str(), user.value_or(unchanged), group.value_or(unchanged)) == 0;
}

void SocketFile::remove_stale(const std::string& path) noexcept {
  if (occupant(path) == Occupant::stale_socket) ::unlink(path.c_str());
}

bool SocketFile::still_ours() const noexcept {
  struct stat status {};
  return inode_ != 0 && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

}  // namespace kirsch::net
