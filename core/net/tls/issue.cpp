// X.509 version 3 with a random serial number; what is valid from now on begins a minute ago, for clocks that differ.
#include "net/tls/issue.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <array>
#include <utility>

#include "base/diagnostic.h"
#include "net/tls/openssl_handles.h"

namespace kirsch::net::tls {
namespace {

void require(bool done, const char* what) {
  if (done) return;
  throw base::Refusal(
      base::Diagnostic{.code = "N020",
                       .message = std::string("a certificate cannot be made: ") + what + " (" + take_error() + ")",
                       .exit_code = base::ExitCode::internal});
}

KeyHandle make_key(Order::Key kind) {
  KeyHandle key(kind == Order::Key::rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
  require(key != nullptr, "no key");
  return key;
}

std::string key_pem(EVP_PKEY* key) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "no PEM of the key");
  return contents(bio.get());
}

void set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  require(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "no random bytes");
  bytes.front() = static_cast<unsigned char>((bytes.front() & 0x7f) | 0x40);  // positive, and always as long
  BIGNUM* number = BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
}

void set_name(X509_NAME* name, const std::string& common) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common.data()),
                             static_cast<int>(common.size()), -1, 0);
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

std::string alternatives(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  return text;
}

CertificateHandle begin(EVP_PKEY* key, const std::string& name, std::chrono::hours from, std::chrono::hours life) {
  using std::chrono::seconds;
  CertificateHandle certificate(X509_new());
  require(certificate != nullptr, "no memory");
  X509_set_version(certificate.get(), X509_VERSION_3);
  set_serial(certificate.get());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), seconds(from).count() - 60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds(from + life).count());
  set_name(X509_get_subject_name(certificate.get()), name);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

void set_uses(X509* certificate, X509* issuer, const Order& order) {
  extend(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
  extend(certificate, issuer, NID_key_usage, "critical,digitalSignature");
  extend(certificate, issuer, NID_ext_key_usage, order.purpose == Order::For::server ? "serverAuth" : "clientAuth");
  extend(certificate, issuer, NID_subject_key_identifier, "hash");
  if (order.purpose == Order::For::server) extend(certificate, issuer, NID_subject_alt_name, alternatives(order.names));
}

Issued sign(CertificateHandle certificate, EVP_PKEY* own, EVP_PKEY* signer) {
  require(X509_sign(certificate.get(), signer, EVP_sha256()) != 0, "no signature");
  return {pem_of(certificate.get()), key_pem(own)};
}

}  // namespace

Issued self_signed(const Order& order) {
  const KeyHandle key = make_key(order.key);
  auto certificate = begin(key.get(), order.names.front(), order.from, order.life);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  set_uses(certificate.get(), certificate.get(), order);
  return sign(std::move(certificate), key.get(), key.get());
}

Issued make_authority(const std::string& name, std::chrono::hours life) {
  const KeyHandle key = make_key(Order::Key::ecdsa);
  auto certificate = begin(key.get(), name, {}, life);
  X509* own = certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  extend(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(own, own, NID_subject_key_identifier, "hash");
  return sign(std::move(certificate), key.get(), key.get());
}

Issued issue(const Order& order, const Issued& authority) {
  const auto issuers = read_certificates(authority.certificate);
  const BioHandle bio = memory(authority.private_key);
  const KeyHandle signer(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>("")));
  require(!issuers.empty() && signer != nullptr, "the authority is no certificate with its key");
  X509* issuer = issuers.front().get();
  require(X509_check_private_key(issuer, signer.get()) == 1, "the key is not that of the authority");
  require(X509_check_ca(issuer) != 0, "the authority is none");
  const KeyHandle key = make_key(order.key);
  auto certificate = begin(key.get(), order.names.front(), order.from, order.life);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  set_uses(certificate.get(), issuer, order);
  extend(certificate.get(), issuer, NID_authority_key_identifier, "keyid");
  return sign(std::move(certificate), key.get(), signer.get());
}

}  // namespace kirsch::net::tls
