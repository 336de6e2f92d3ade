// Binds listening sockets and says in a sentence why that failed.
#include "net/listener.h"

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocketImpl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/diagnostic.h"
#include "net/socket_file.h"

namespace kirsch::net {
namespace {

base::Refusal refusal(std::string message, std::string help = {}) {
  base::Diagnostic diagnostic;
  diagnostic.code = "N010";
  diagnostic.message = std::move(message);
  diagnostic.help = std::move(help);
  diagnostic.exit_code = base::ExitCode::bind_or_permission;
  return base::Refusal(std::move(diagnostic));
}

base::Refusal bind_refusal(const Address& address, int error) {
  const std::string place = address.is_unix() ? "unix socket " + address.host()
                                              : "port " + std::to_string(address.port()) + " on " + address.host();
  switch (error) {
    case EADDRINUSE:
      return refusal(place + " is in use", "stop the program that listens there, or choose another");
    case EACCES:
    case EPERM:
      return refusal(place + " may not be bound by this user: permission denied",
                     address.is_unix()
                         ? "choose a directory that this user may write to"
                         : "start as root (dropprivileges gives the rights up), or choose a port of 1024 or above");
    case EADDRNOTAVAIL:
      return refusal(place + " cannot be bound: this machine does not have that address");
    case EAFNOSUPPORT:
      return refusal(place + " cannot be bound: this machine does not speak that protocol",
                     address.is_ipv6() ? "IPv6 is switched off here; bind an IPv4 address" : "");
    default:
      return refusal(place + " cannot be bound: " + std::generic_category().message(error));
  }
}

void prepare(int descriptor) noexcept {
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  // Connections inherit it. Fails on a unix socket, which has no such delay.
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void share_port(int descriptor, const Address& address) {
  const int on = 1;
  if (::setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) throw bind_refusal(address, errno);
}

Address bound_address(int descriptor) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    throw refusal("the address of a listening socket is unknown: " + std::generic_category().message(errno));
  }
  return Address(storage, size);
}

int error_of(const Poco::Exception& exception) noexcept { return exception.code() != 0 ? exception.code() : errno; }

Poco::Net::ServerSocket bind_one(const Address& address, bool reuse_port) {
  try {
    Poco::Net::ServerSocket socket;
    if (address.is_ipv6()) {
      socket.bind6(address.poco(), true, reuse_port, false);
    } else {
      socket.bind(address.poco(), !address.is_unix(), reuse_port);
    }
    prepare(socket.impl()->sockfd());
    return socket;
  } catch (const Poco::Exception& exception) {
    throw bind_refusal(address, error_of(exception));
  }
}

void listen_on(Poco::Net::ServerSocket& socket, const Address& address, int backlog) {
  try {
    socket.listen(backlog);
  } catch (const Poco::Exception& exception) {
    throw bind_refusal(address, error_of(exception));
  }
}

}  // namespace

Listener::Listener(Poco::Net::ServerSocket socket, Address address, std::shared_ptr<SocketFile> file)
    : socket_(std::make_shared<Poco::Net::ServerSocket>(std::move(socket))),
      address_(std::move(address)),
      file_(std::move(file)) {}

int Listener::descriptor() const noexcept { return socket_->impl()->sockfd(); }

void Listener::keep_file() noexcept {
  if (file_) file_->keep();
}

void Listener::take_file() {
  if (address_.is_unix()) file_ = std::make_shared<SocketFile>(std::string(address_.path()));
}

std::vector<Listener> Listener::bind(const Address& address, unsigned count, const Settings& settings) {
  if (!address.known() || (address.is_unix() && address.path().empty())) throw refusal("no address to listen on");
  return address.is_unix() ? bind_unix(address, count, settings) : bind_tcp(address, count, settings);
}

// The first socket is bound alone, so that nobody's listener is joined unnoticed (SO_REUSEPORT would let us share the
// port of another server of the same user). It allows sharing only afterwards, which Linux judges when the next one
// binds: there is no moment between in which the port is free.
std::vector<Listener> Listener::bind_tcp(const Address& address, unsigned count, const Settings& settings) {
  std::vector<Listener> listeners;
  Poco::Net::ServerSocket first = bind_one(address, false);
  const Address bound = bound_address(first.impl()->sockfd());
  if (count > 1) share_port(first.impl()->sockfd(), address);
  listeners.push_back(Listener(std::move(first), bound, nullptr));
  while (listeners.size() < count) listeners.push_back(Listener(bind_one(bound, true), bound, nullptr));
  for (Listener& listener : listeners) listen_on(*listener.socket_, bound, settings.backlog);
  return listeners;
}

std::vector<Listener> Listener::bind_unix(const Address& address, unsigned count, const Settings& settings) {
  const std::string path(address.path());
  switch (occupant(path)) {
    case Occupant::nobody:
      break;
    case Occupant::stale_socket:
      SocketFile::remove_stale(path);
      break;
    case Occupant::server:
      throw bind_refusal(address, EADDRINUSE);
    case Occupant::other_file:
      throw refusal("unix socket " + path + " cannot be bound: a file that is no socket is in its place",
                    "remove the file, or choose another path");
  }
  Poco::Net::ServerSocket socket = bind_one(address, false);
  auto file = std::make_shared<SocketFile>(path);
  // Before listen: until then nobody can connect, whatever the umask left open.
  if (!file->set_owner(settings.unix_owner, settings.unix_group)) {
    throw refusal(
        "unix socket " + path + " cannot be given to its owner or group: " + std::generic_category().message(errno),
        "start as root, or name this user and a group that it belongs to");
  }
  if (!file->set_mode(settings.unix_mode)) throw bind_refusal(address, errno);
  listen_on(socket, address, settings.backlog);
  return std::vector<Listener>(count, Listener(std::move(socket), address, std::move(file)));
}

Listener Listener::adopt(base::UniqueFd descriptor) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  if (::getsockopt(descriptor.get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) {
    throw refusal("descriptor " + std::to_string(descriptor.get()) +
                  " was handed over as a listening socket but is none");
  }
  const Address address = bound_address(descriptor.get());
  prepare(descriptor.get());
  struct Adopted : Poco::Net::ServerSocketImpl {
    explicit Adopted(int handed_over) { reset(handed_over); }
  };
  struct Socket : Poco::Net::ServerSocket {
    explicit Socket(Poco::Net::SocketImpl* impl) : ServerSocket(impl, true) {}
  };
  return Listener(Socket(new Adopted(descriptor.release())), address, nullptr);
}

}  // namespace kirsch::net
