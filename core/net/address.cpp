// Reads, writes and compares addresses.
#include "net/address.h"

#include <Poco/Exception.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace kirsch::net {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

void set_ipv4(kirsch_address& raw, const in_addr& address) noexcept {
  raw.family = 4;
  std::copy(mapped_prefix.begin(), mapped_prefix.end(), raw.bytes);
  std::memcpy(raw.bytes + mapped_prefix.size(), &address, sizeof(address));
}

void set_ipv6(kirsch_address& raw, const in6_addr& address) noexcept {
  std::memcpy(raw.bytes, &address, sizeof(address));
  raw.family = std::equal(mapped_prefix.begin(), mapped_prefix.end(), raw.bytes) ? 4 : 6;
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

// The path in an address that the kernel filled; the name of an abstract socket, which begins with 0, counts as none.
std::string_view unix_path(const sockaddr_un& address, std::size_t size) noexcept {
  if (size <= offsetof(sockaddr_un, sun_path)) return {};
  return {address.sun_path,
          ::strnlen(address.sun_path, std::min(size - offsetof(sockaddr_un, sun_path), sizeof(address.sun_path)))};
}

}  // namespace

Address::Address(const sockaddr_storage& address, socklen_t size) noexcept {
  if (address.ss_family == AF_INET) {
    sockaddr_in internet{};
    std::memcpy(&internet, &address, sizeof(internet));
    set_ipv4(raw_, internet.sin_addr);
    raw_.port = ntohs(internet.sin_port);
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 internet{};
    std::memcpy(&internet, &address, sizeof(internet));
    set_ipv6(raw_, internet.sin6_addr);
    raw_.port = ntohs(internet.sin6_port);
  } else if (address.ss_family == AF_UNIX) {
    raw_.family = 1;
    sockaddr_un local{};
    std::memcpy(&local, &address, sizeof(local));
    const std::string_view path = unix_path(local, size);
    if (!path.empty()) path_ = std::make_shared<const std::string>(path);
  }
}

Address::Address(const Poco::Net::SocketAddress& address) {
  sockaddr_storage storage{};
  std::memcpy(&storage, address.addr(), std::min<std::size_t>(address.length(), sizeof(storage)));
  *this = Address(storage, static_cast<socklen_t>(address.length()));
}

std::optional<Address> Address::parse(std::string_view text) {
  Address result;
  constexpr std::string_view unix_prefix = "unix:";
  if (text.starts_with(unix_prefix)) {
    const std::string_view path = text.substr(unix_prefix.size());
    if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path) || path.find('\0') != path.npos)
      return std::nullopt;
    result.raw_.family = 1;
    result.path_ = std::make_shared<const std::string>(path);
    return result;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::nullopt;
  result.raw_.port = *port;
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    in6_addr address{};
    if (::inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &address) != 1) return std::nullopt;
    set_ipv6(result.raw_, address);
  } else {
    in_addr address{};
    if (::inet_pton(AF_INET, std::string(host).c_str(), &address) != 1) return std::nullopt;
    set_ipv4(result.raw_, address);
  }
  return result;
}

Poco::Net::SocketAddress Address::poco() const {
  if (is_unix() && path_) return {Poco::Net::SocketAddress::UNIX_LOCAL, *path_};
  if (raw_.family == 4) return {Poco::Net::IPAddress(raw_.bytes + mapped_prefix.size(), sizeof(in_addr)), raw_.port};
  if (is_ipv6()) return {Poco::Net::IPAddress(raw_.bytes, sizeof(in6_addr)), raw_.port};
  throw Poco::InvalidArgumentException("no address");
}

std::string Address::host() const {
  if (is_unix()) return std::string(path());
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (raw_.family == 4) {
    return ::inet_ntop(AF_INET, raw_.bytes + mapped_prefix.size(), buffer.data(),
                       static_cast<socklen_t>(buffer.size()));
  }
  if (!is_ipv6()) return "unknown";
  ::inet_ntop(AF_INET6, raw_.bytes, buffer.data(), static_cast<socklen_t>(buffer.size()));
  return '[' + std::string(buffer.data()) + ']';
}

std::string Address::text() const {
  if (is_unix()) return "unix:" + std::string(path());
  return known() ? host() + ':' + std::to_string(raw_.port) : "unknown";
}

bool Address::wildcard() const noexcept {
  const auto zero = [](std::uint8_t byte) { return byte == 0; };
  if (raw_.family == 4) return std::all_of(raw_.bytes + mapped_prefix.size(), std::end(raw_.bytes), zero);
  return is_ipv6() && std::all_of(std::begin(raw_.bytes), std::end(raw_.bytes), zero);
}

bool Address::loopback() const noexcept {
  if (raw_.family == 4) return raw_.bytes[mapped_prefix.size()] == 127;
  const auto zero = [](std::uint8_t byte) { return byte == 0; };
  return is_ipv6() && std::all_of(std::begin(raw_.bytes), std::end(raw_.bytes) - 1, zero) && raw_.bytes[15] == 1;
}

bool operator==(const Address& left, const Address& right) noexcept {
  return left.raw_.family == right.raw_.family && left.raw_.port == right.raw_.port &&
         std::equal(std::begin(left.raw_.bytes), std::end(left.raw_.bytes), right.raw_.bytes) &&
         left.path() == right.path();
}

}  // namespace kirsch::net
