// What a certificate says, for people.
#pragma once

#include <ctime>
#include <string>
#include <vector>

namespace kirsch::net::tls {

struct Description {
  std::string subject;  // RFC 2253
  std::string issuer;
  std::vector<std::string> names;
  std::string not_before;  // 2026-01-31T12:00:00Z
  std::string not_after;
  std::time_t begin = 0;
  std::time_t end = 0;
  std::string key;          // "ECDSA P-256", "RSA 2048"
  std::string signature;    // "ecdsa-with-SHA256"
  std::string serial;       // hexadecimal
  std::string fingerprint;  // SHA-256
  bool self_signed = false;
  bool issued_before = false;  // the certificate before it in the file was issued by this one
};

// All that a PEM text holds; empty: none, or a broken one.
std::vector<Description> describe(const std::string& pem);

}  // namespace kirsch::net::tls
