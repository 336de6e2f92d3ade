// Sends without waiting; what was not taken is sent again later.
#include "base/log_datagrams.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace kirsch::base {
namespace {

// Severities of RFC 5424 §6.2.1.
int severity(Level level) noexcept {
  constexpr std::array<int, 4> severities{7, 6, 4, 3};
  return severities[static_cast<std::size_t>(level)];
}

// The daemon has gone, or another one listens at the path now.
bool is_disconnected(int error) noexcept {
  return error == ECONNREFUSED || error == ECONNRESET || error == ENOTCONN || error == EPIPE;
}

int send_on(int socket, std::string_view datagram) noexcept {
  while (::send(socket, datagram.data(), datagram.size(), MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

int LogDatagrams::connect() noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  UniqueFd fresh(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fresh || ::connect(fresh.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return errno;
  socket_ = std::move(fresh);
  return 0;
}

int LogDatagrams::send(std::string_view datagram) noexcept {
  if (socket_) {
    const int error = send_on(socket_.get(), datagram);
    if (!is_disconnected(error)) return error;
  }
  const int error = connect();
  return error != 0 ? error : send_on(socket_.get(), datagram);
}

LogDestination::Progress LogDatagrams::write(std::string_view lines) noexcept {
  Progress progress;
  while (progress.bytes < lines.size()) {
    const auto rest = lines.substr(progress.bytes);
    const auto end = rest.find('\n');
    progress.error = send(datagram(rest.substr(0, end)));
    if (progress.error != 0) break;
    progress.bytes += end + 1;
  }
  return progress;
}

void Syslog::begin(LogLine& line, Level level) const noexcept {
  constexpr int daemon = 3 << 3;  // facility
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t now = ::time(nullptr);
  tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 160> head;
  const int size =
      std::snprintf(head.data(), head.size(), "<%d>%s %2d %02d:%02d:%02d %.32s[%d]: ", daemon | severity(level),
                    months[static_cast<std::size_t>(local.tm_mon)], local.tm_mday, local.tm_hour, local.tm_min,
                    local.tm_sec, identifier().c_str(), static_cast<int>(::getpid()));
  line.append({head.data(), static_cast<std::size_t>(size)});
}

void Journald::begin(LogLine& line, Level level) const noexcept {
  const char digit = static_cast<char>('0' + severity(level));
  line.append({&digit, 1});
}

std::string_view Journald::datagram(std::string_view line) {
  datagram_ = "PRIORITY=";
  datagram_.append(line.substr(0, 1)).append("\nSYSLOG_IDENTIFIER=").append(identifier());
  datagram_.append("\nMESSAGE=").append(line.substr(1)).append("\n");
  return datagram_;
}

}  // namespace kirsch::base
