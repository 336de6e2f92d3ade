// One unconnected socket: systemd may be started anew behind the same address.
#include "notify_socket.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <system_error>

namespace systemd {

NotifySocket::NotifySocket(std::string_view address) : address_(address) {
  const bool abstract = address_.starts_with('@');
  if ((!abstract && !address_.starts_with('/')) || address_.size() < 2 ||
      address_.size() >= sizeof(sockaddr_un::sun_path))
    throw std::runtime_error("NOTIFY_SOCKET is '" + address_ + "', which is no address of a unix socket");
  if (abstract) address_[0] = '\0';
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
  const timeval second{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
}

NotifySocket::~NotifySocket() { ::close(socket_); }

bool NotifySocket::send(std::string_view lines) const noexcept { return send(lines, 0); }

bool NotifySocket::try_send(std::string_view lines) const noexcept { return send(lines, MSG_DONTWAIT); }

bool NotifySocket::send(std::string_view lines, int flags) const noexcept {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  address_.copy(to.sun_path, sizeof to.sun_path);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  return ::sendto(socket_, lines.data(), lines.size(), flags | MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
                  size) == static_cast<ssize_t>(lines.size());
}

}  // namespace systemd
