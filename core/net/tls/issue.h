// Certificates for development and tests: self-signed, or issued by an authority of one's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace kirsch::net::tls {

struct Issued {
  std::string certificate;  // PEM
  std::string private_key;  // PEM, not encrypted
};

struct Order {
  enum class Key : std::uint8_t { ecdsa, rsa };      // P-256, 2048 bits
  enum class For : std::uint8_t { server, client };  // extended key usage
  std::vector<std::string> names;                    // DNS names or addresses of a server; one name of a client
  std::chrono::hours from{0};                        // from now; negative: in the past
  std::chrono::hours life{24 * 90};
  Key key = Key::ecdsa;
  For purpose = For::server;
};

// All throw base::Refusal where OpenSSL fails or `authority` is none.
Issued self_signed(const Order& order);
Issued make_authority(const std::string& name, std::chrono::hours life);
Issued issue(const Order& order, const Issued& authority);

}  // namespace kirsch::net::tls
