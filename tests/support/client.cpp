// Sockets with deadlines.
#include "support/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "support/uninterrupted.h"

namespace kirsch::test {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

template <class Address>
int connected(const Address& address, int receive_buffer) {
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  const int descriptor = ::socket(generic->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket");
  if (receive_buffer != 0) ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (::connect(descriptor, generic, sizeof address) != 0) {
    const int error = errno;
    ::close(descriptor);
    errno = error;
    fail("connect");
  }
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // fails where there is no such delay
  return descriptor;
}

int connected_to_ipv4(std::uint16_t port, int receive_buffer) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connected(address, receive_buffer);
}

int connected_to_ipv6(std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  return connected(address, 0);
}

int connected_to_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("the path of the socket is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  return connected(address, 0);
}

bool await(int descriptor, short events, Milliseconds deadline) {
  pollfd waited{descriptor, events, 0};
  const int count = uninterrupted([&] { return ::poll(&waited, 1, static_cast<int>(deadline.count())); });
  if (count < 0) fail("poll");
  return count > 0;
}

}  // namespace

Client::Client(std::uint16_t port, ClientOptions options) : Client(connected_to_ipv4(port, options.receive_buffer)) {}

Client::Client(const std::string& unix_path) : Client(connected_to_socket(unix_path)) {}

Client::Client(const Server& server, ClientOptions options) : Client(server.port(), options) {}

Client::Client(const Server& server, std::size_t listener)
    : Client(server.on_socket(listener) ? connected_to_socket(server.socket_path(listener))
             : server.on_ipv6(listener) ? connected_to_ipv6(server.port(listener))
                                        : connected_to_ipv4(server.port(listener), 0)) {}

Client::~Client() { close(); }

bool Client::send(std::string_view raw, Milliseconds deadline) {
  while (!raw.empty()) {
    const auto count = ::send(descriptor_, raw.data(), raw.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      raw.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return false;
    } else if (errno != EAGAIN && errno != EINTR) {
      fail("send");
    } else if (!await(descriptor_, POLLOUT, deadline)) {
      throw std::runtime_error("the peer took no more bytes");
    }
  }
  return true;
}

bool Client::fill(Milliseconds deadline) {
  if (!await(descriptor_, POLLIN, deadline)) {
    throw std::runtime_error("nothing arrived in time; before that: '" + buffer_.substr(0, 2000) + "'");
  }
  std::array<char, 65536> bytes;
  const auto count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  if (count < 0 && errno != ECONNRESET) fail("recv");
  reset_by_peer_ = count < 0;
  if (count <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::string Client::read_some(std::size_t limit, Milliseconds deadline) {
  if (buffer_.empty()) {
    if (!await(descriptor_, POLLIN, deadline)) throw std::runtime_error("nothing arrived in time");
    std::string bytes(limit, '\0');
    const auto count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno != ECONNRESET) fail("recv");
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  std::string bytes = buffer_.substr(0, limit);
  buffer_.erase(0, bytes.size());
  return bytes;
}

std::string Client::read_exactly(std::size_t size, Milliseconds deadline) {
  while (buffer_.size() < size) {
    if (!fill(deadline))
      throw std::runtime_error("the stream ended after " + std::to_string(buffer_.size()) + " bytes");
  }
  return read_some(size, deadline);
}

std::string Client::read_to_end(Milliseconds deadline) {
  while (fill(deadline)) {
  }
  return std::exchange(buffer_, {});
}

bool Client::closed_by_peer(Milliseconds deadline) {
  if (!buffer_.empty() || !await(descriptor_, POLLIN, deadline)) return false;
  return !fill(deadline);
}

bool Client::silent() { return buffer_.empty() && !await(descriptor_, POLLIN, Milliseconds(0)); }

void Client::shutdown_write() { ::shutdown(descriptor_, SHUT_WR); }

void Client::reset() {
  const linger now{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void Client::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Response get(const Server& server, std::string_view target, std::string_view fields) {
  return request(server, "GET", target, fields);
}

Response request(const Server& server, std::string_view method, std::string_view target, std::string_view fields,
                 std::string_view body) {
  std::string message = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  if (fields.find("Host:") == std::string_view::npos) message += "Host: localhost\r\n";
  message += "Connection: close\r\n" + std::string(fields);
  if (!body.empty()) message += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  message += "\r\n" + std::string(body);
  Client client(server);
  client.send(message);
  return method == "HEAD" ? client.read_without_body() : client.read();
}

std::size_t allow_descriptors(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) fail("getrlimit");
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) fail("setrlimit");
  return limit.rlim_cur;
}

}  // namespace kirsch::test
