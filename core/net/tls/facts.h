// What a handshake has settled.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace kirsch::net::tls {

// A certificate that was verified.
struct ClientFacts {
  std::string subject;  // RFC 2253
  std::string issuer;
  std::string serial;      // hexadecimal
  std::string not_before;  // 2026-01-31T12:00:00Z
  std::string not_after;
  std::string fingerprint;  // SHA-256, hexadecimal
  std::string pem;
};

struct Facts {
  std::string_view version;  // "TLSv1.3"
  std::string_view cipher;   // as IANA names it
  int cipher_bits = 0;
  bool resumed = false;
  std::string_view application;                    // ALPN; empty: not negotiated
  std::string server_name;                         // SNI, lower case; empty: none
  std::unique_ptr<const ClientFacts> client = {};  // null: the client has shown none
};

}  // namespace kirsch::net::tls
