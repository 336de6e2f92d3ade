// Nothing here waits or allocates much: it runs on loops.
#include "net/tls/openssl_callbacks.h"

#include <openssl/rand.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "net/tls/openssl_context.h"
#include "net/tls/ticket_keys.h"

namespace kirsch::net::tls {

int OpensslCallbacks::choose_certificate(SSL* ssl, int*, void*) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const OpensslContext& context = of(ssl);
  // An unknown name gets the first certificate: the client decides whether that is good enough.
  const auto found = context.names_.find(name);
  if (!found) return SSL_TLSEXT_ERR_NOACK;
  if (*found != 0) SSL_set_SSL_CTX(ssl, context.contexts_[*found].get());
  return SSL_TLSEXT_ERR_OK;
}

// RFC 7301 3.2; a client that speaks something else only must not find HTTP here (ALPACA).
int OpensslCallbacks::choose_application(SSL*, const unsigned char** chosen, unsigned char* size,
                                         const unsigned char* offered, unsigned offered_size, void*) {
  constexpr std::string_view ours = "http/1.1";
  for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
    const std::string_view one(reinterpret_cast<const char*>(offered) + at + 1, offered[at]);
    if (one != ours) continue;
    *chosen = offered + at + 1;
    *size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol
}

// 1: go on, 2: go on and give a new ticket, 0: no ticket, -1: an error.
int OpensslCallbacks::ticket_key(SSL* ssl, unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher,
                                 EVP_MAC_CTX* mac, int encrypting) {
  TicketKeys& keys = *of(ssl).settings_.tickets;
  TicketKeys::Key key;
  int result = 1;
  if (encrypting != 0) {
    const auto current = keys.current();
    if (!current || RAND_bytes(vector, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    key = *current;
    std::ranges::copy(key.name, name);
  } else {
    const auto found = keys.find(std::span<const unsigned char, 16>(name, 16));
    if (!found) return 0;
    key = found->key;
    result = found->renew ? 2 : 1;
  }
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  const bool ready =
      EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), vector, encrypting) == 1 &&
      EVP_MAC_CTX_set_params(mac, parameters) == 1;
  ::explicit_bzero(&key, sizeof(key));
  return ready ? result : -1;
}

int OpensslCallbacks::staple(SSL* ssl, void*) {
  const X509* used = SSL_get_certificate(ssl);
  for (const LoadedMaterial& one : of(ssl).certificates_) {
    if (one.certificate.get() != used) continue;
    if (one.ocsp.empty() || (one.ocsp_end != 0 && one.ocsp_end < std::time(nullptr))) break;
    auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(one.ocsp.data(), one.ocsp.size()));
    if (copy == nullptr) break;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(one.ocsp.size()));
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

void OpensslCallbacks::log_key(const SSL* ssl, const char* line) {
  char end[] = "\n";
  const iovec pieces[] = {{const_cast<char*>(line), std::strlen(line)}, {end, 1}};
  const int file = of(const_cast<SSL*>(ssl)).key_log_.get();
  // A line that is lost costs a reader of captured traffic one session, so it holds nobody.
  [[maybe_unused]] const ssize_t written = ::writev(file, pieces, 2);
}

}  // namespace kirsch::net::tls
