// The address of a socket: a thin value over the kirsch_address that modules see, and the path of a unix socket.
#pragma once

#include <Poco/Net/SocketAddress.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kirsch/abi.h"

namespace kirsch::net {

// IPv4 is one family here however it arrived: a v4-mapped IPv6 address is family 4.
class Address {
 public:
  Address() noexcept = default;  // unknown
  explicit Address(const Poco::Net::SocketAddress& address);
  explicit Address(const sockaddr_storage& address, socklen_t size) noexcept;
  explicit Address(const kirsch_address& raw) noexcept : raw_(raw) {}

  // "127.0.0.1:8080", "[::]:80", "unix:/path". Numbers only: names are not resolved. None: it is none of these, or the
  // path is too long for a unix socket.
  static std::optional<Address> parse(std::string_view text);

  // Throws Poco::InvalidArgumentException for an unknown address.
  Poco::Net::SocketAddress poco() const;
  const kirsch_address& raw() const noexcept { return raw_; }
  std::string text() const;  // as parse takes it; "unix:" for an unnamed unix socket, "unknown"
  std::string host() const;  // "127.0.0.1", "[::1]", the path

  bool known() const noexcept { return raw_.family != 0; }
  bool is_unix() const noexcept { return raw_.family == 1; }
  bool is_ipv6() const noexcept { return raw_.family == 6; }
  bool wildcard() const noexcept;  // 0.0.0.0 or [::]
  bool loopback() const noexcept;  // 127.0.0.0/8 or [::1]
  std::uint16_t port() const noexcept { return raw_.port; }
  std::string_view path() const noexcept { return path_ ? std::string_view(*path_) : std::string_view(); }

  friend bool operator==(const Address& left, const Address& right) noexcept;

 private:
  kirsch_address raw_{};
  std::shared_ptr<const std::string> path_;
};

}  // namespace kirsch::net
