// The TLS of a request: version, cipher, names, and the client's certificate if it has shown one.
#pragma once

#include <kirsch/exchange.h>
#include <kirsch/host.h>

namespace kirsch {

// Views as those of the request. A certificate that the client has shown was verified.
class Tls {
 public:
  // Nullopt: the request came without TLS.
  static std::optional<Tls> of(const Exchange& exchange) {
    const auto* facts = detail::cached_feature<kirsch_tls_functions>(KIRSCH_FEATURE_TLS).facts(exchange.raw());
    return facts == nullptr ? std::nullopt : std::optional(Tls(facts));
  }

  std::string_view version() const { return view(facts_->version); }  // "TLSv1.3"
  std::string_view cipher() const { return view(facts_->cipher); }    // "TLS_AES_128_GCM_SHA256"
  unsigned cipher_bits() const { return facts_->cipher_bits; }
  bool resumed() const { return facts_->resumed != 0; }
  std::string_view server_name() const { return view(facts_->server_name); }  // SNI; empty: none
  std::string_view application() const { return view(facts_->application); }  // ALPN; empty: none
  bool client_verified() const { return facts_->client_verified != 0; }
  // Empty without a certificate of the client.
  std::string_view client_subject() const { return view(facts_->client_subject); }  // RFC 2253
  std::string_view client_issuer() const { return view(facts_->client_issuer); }
  std::string_view client_serial() const { return view(facts_->client_serial); }          // hexadecimal
  std::string_view client_not_before() const { return view(facts_->client_not_before); }  // 2026-01-31T12:00:00Z
  std::string_view client_not_after() const { return view(facts_->client_not_after); }
  std::string_view client_fingerprint() const { return view(facts_->client_fingerprint); }  // SHA-256, hexadecimal
  std::string_view client_certificate() const { return view(facts_->client_certificate); }  // PEM

 private:
  explicit Tls(const kirsch_tls* facts) : facts_(facts) {}
  const kirsch_tls* facts_;
};

}  // namespace kirsch
