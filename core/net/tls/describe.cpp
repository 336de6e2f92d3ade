// From X.509 to words.
#include "net/tls/describe.h"

#include <array>

#include "net/tls/openssl_handles.h"

namespace kirsch::net::tls {
namespace {

std::string key_text(X509* certificate) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return "unknown";
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return "RSA " + std::to_string(EVP_PKEY_get_bits(key));
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return EVP_PKEY_get0_type_name(key);
  const char* common = EC_curve_nid2nist(OBJ_txt2nid(group.data()));
  return std::string("ECDSA ") + (common != nullptr ? common : group.data());
}

}  // namespace

std::vector<Description> describe(const std::string& pem) {
  std::vector<Description> all;
  X509* before = nullptr;
  const auto certificates = read_certificates(pem);
  for (const auto& one : certificates) {
    X509* certificate = one.get();
    all.push_back(
        {.subject = name_text(X509_get_subject_name(certificate)),
         .issuer = name_text(X509_get_issuer_name(certificate)),
         .names = names_of(certificate),
         .not_before = time_text(X509_get0_notBefore(certificate)),
         .not_after = time_text(X509_get0_notAfter(certificate)),
         .begin = time_of(X509_get0_notBefore(certificate)),
         .end = time_of(X509_get0_notAfter(certificate)),
         .key = key_text(certificate),
         .signature = OBJ_nid2ln(X509_get_signature_nid(certificate)),
         .serial = serial_text(certificate),
         .fingerprint = fingerprint(certificate),
         .self_signed = X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0,
         .issued_before = before != nullptr && X509_check_issued(certificate, before) == X509_V_OK});
    before = certificate;
  }
  return all;
}

}  // namespace kirsch::net::tls
