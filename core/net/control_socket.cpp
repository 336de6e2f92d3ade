// Addressed by way of the directory's descriptor: the path of a state may be longer than a unix socket's may be (108).
#include "net/control_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>

#include "base/diagnostic.h"

namespace kirsch::net {
namespace {

namespace fs = std::filesystem;

using namespace std::chrono_literals;

constexpr int waiting_commands = 64;
constexpr auto patience_with_lock = 5s;
constexpr int lock_turn_milliseconds = 20;

base::Refusal refusal(const fs::path& path, const std::string& what, std::string help = {}) {
  return base::Refusal(base::Diagnostic{.code = "C073",
                                        .message = "the control socket " + path.string() + " " + what,
                                        .help = std::move(help),
                                        .exit_code = base::ExitCode::bind_or_permission});
}

base::Refusal refusal(const fs::path& path, int error) {
  return refusal(path, "cannot be made: " + std::generic_category().message(error),
                 "name another place: server: { control: /path }");
}

base::UniqueFd open_directory(const fs::path& path) {
  return base::UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// Not for ever: whoever may open the directory can hold its lock. False: errno says why.
bool lock(const base::UniqueFd& directory) {
  const auto deadline = std::chrono::steady_clock::now() + patience_with_lock;
  while (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK || std::chrono::steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, lock_turn_milliseconds);
  }
  return true;
}

sockaddr_un address_in(const base::UniqueFd& directory, const fs::path& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%.64s", directory.get(), name.c_str());
  return address;
}

base::UniqueFd open_socket() {
  base::UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const timeval limit{5, 0};  // connecting waits where a stopped server has a full queue
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return socket;
}

ucred peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
  return credentials;
}

}  // namespace

ControlSocket ControlSocket::bind(const fs::path& path) {
  if (::mkdir(path.parent_path().c_str(), 0700) != 0 && errno != EEXIST) throw refusal(path, errno);
  const auto directory = open_directory(path.parent_path());
  // Two that start at once would both find a stale socket.
  if (!directory) throw refusal(path, errno);
  if (!lock(directory)) {
    if (errno != EWOULDBLOCK) throw refusal(path, errno);
    throw refusal(path, "cannot be made: another process holds the lock of the folder",
                  "fuser " + path.parent_path().string() + " names it");
  }
  if (const auto other = connect_control(path))
    throw refusal(path, "is that of a server that runs: pid " + std::to_string(other->server),
                  "kirsch stop ends it; two servers of one file need a control of their own");
  const auto name = path.filename();
  struct stat status {};
  if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    if (!S_ISSOCK(status.st_mode)) throw refusal(path, "cannot be made: there is a file that is no socket");
    ::unlinkat(directory.get(), name.c_str(), 0);
  }
  auto socket = open_socket();
  const auto address = address_in(directory, name);
  if (!socket || ::fchmod(socket.get(), 0600) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::fchmodat(directory.get(), name.c_str(), 0600, 0) != 0 || ::listen(socket.get(), waiting_commands) != 0)
    throw refusal(path, errno);
  auto bound = adopt(path, std::move(socket));
  bound.file_ = std::make_unique<SocketFile>(path.string());
  return bound;
}

ControlSocket ControlSocket::adopt(const fs::path& path, base::UniqueFd descriptor) {
  ::fcntl(descriptor.get(), F_SETFL, O_NONBLOCK);  // two processes may accept during a restart
  return ControlSocket(path, std::move(descriptor));
}

void ControlSocket::release_file() noexcept {
  if (file_ && !is_control_of(::getpid(), path_)) file_->keep();
  file_.reset();
}

// The kernel notes who listens (SO_PEERCRED) at each call.
void ControlSocket::claim() {
  ::listen(socket_.get(), waiting_commands);
  if (!file_) file_ = std::make_unique<SocketFile>(path_.string());
}

std::optional<MessageChannel> ControlSocket::accept() noexcept {
  base::UniqueFd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!client) return std::nullopt;
  const uid_t user = peer_of(client.get()).uid;
  if (user != 0 && user != ::geteuid()) return std::nullopt;
  return MessageChannel(std::move(client));
}

std::optional<ControlConnection> connect_control(const fs::path& path) {
  const auto directory = open_directory(path.parent_path());
  if (!directory) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw refusal(path, "cannot be reached: " + std::generic_category().message(errno));
  }
  auto socket = open_socket();
  const auto address = address_in(directory, path.filename());
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTSOCK) return std::nullopt;
    throw refusal(path, "cannot be reached: " + std::generic_category().message(errno));
  }
  const ucred server = peer_of(socket.get());
  if (server.uid != 0 && server.uid != ::geteuid() && ::geteuid() != 0)
    throw refusal(path, "belongs to user " + std::to_string(server.uid));
  return ControlConnection{MessageChannel(std::move(socket)), server.pid};
}

bool is_control_of(pid_t server, const fs::path& path) noexcept {
  try {
    const auto connection = connect_control(path);
    return connection && connection->server == server;
  } catch (const std::exception&) {  // whoever it is, we may not ask
    return false;
  }
}

}  // namespace kirsch::net
