// Non-blocking calls between polls.
#include "net/local_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace kirsch::net {

using Clock = std::chrono::steady_clock;

std::optional<LocalClient> LocalClient::connect(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const int size = std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
  if (size < 0 || static_cast<std::size_t>(size) >= sizeof address.sun_path) return std::nullopt;
  base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return std::nullopt;
  return LocalClient(std::move(socket));
}

bool LocalClient::ready(short events, Clock::time_point until) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd entry{socket_.get(), events, 0};
    const int count = left > 0 ? ::poll(&entry, 1, static_cast<int>(left)) : 0;
    if (count >= 0 || errno != EINTR) return count > 0;
  }
}

void LocalClient::send(std::string_view bytes, std::chrono::milliseconds patience) const {
  const auto until = Clock::now() + patience;
  while (!bytes.empty() && ready(POLLOUT, until)) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR && errno != EAGAIN) return;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string LocalClient::receive(std::chrono::milliseconds patience) const {
  const auto until = Clock::now() + patience;
  std::string received;
  std::array<char, 16384> buffer;
  while (ready(POLLIN, until)) {
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) break;
    if (count > 0) received.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return received;
}

}  // namespace kirsch::net
