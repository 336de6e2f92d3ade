// OpenSSL's objects as owners, and its queue of errors as text.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kirsch::net::tls {

template <auto free>
struct Freed {
  template <class Object>
  void operator()(Object* object) const noexcept {
    free(object);
  }
};

using BioHandle = std::unique_ptr<BIO, Freed<BIO_free>>;
using BioMethodHandle = std::unique_ptr<BIO_METHOD, Freed<BIO_meth_free>>;
using CertificateHandle = std::unique_ptr<X509, Freed<X509_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using NamesHandle = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using OcspHandle = std::unique_ptr<OCSP_RESPONSE, Freed<OCSP_RESPONSE_free>>;
using OcspBasicHandle = std::unique_ptr<OCSP_BASICRESP, Freed<OCSP_BASICRESP_free>>;
using ContextHandle = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using SslHandle = std::unique_ptr<SSL, Freed<SSL_free>>;

inline BioHandle memory(std::string_view bytes) {
  return BioHandle(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// All that a memory BIO holds.
std::string contents(BIO* bio);

// The last error of this thread in OpenSSL's words, static; the queue is empty afterwards.
const char* take_error() noexcept;

// PEM. What stands between certificates is skipped; empty: there is none, or one of them is broken.
std::vector<CertificateHandle> read_certificates(const std::string& pem);

std::string name_text(const X509_NAME* name);  // RFC 2253, UTF-8
std::time_t time_of(const ASN1_TIME* time);    // 0: malformed
std::string time_text(const ASN1_TIME* time);  // 2026-01-31T12:00:00Z
// DNS names and, with brackets for IPv6, addresses; the common name if the certificate says no alternative names.
std::vector<std::string> names_of(X509* certificate);
std::string serial_text(X509* certificate);
std::string fingerprint(X509* certificate);  // SHA-256
std::string pem_of(X509* certificate);

}  // namespace kirsch::net::tls
