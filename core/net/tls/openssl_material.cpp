// Every check has its own sentence; what only its clients would notice (dates, the order of a chain) is a warning.
#include "net/tls/openssl_material.h"

#include <openssl/pem.h>

#include <algorithm>
#include <cstring>

namespace kirsch::net::tls {
namespace {

using Part = Problem::Part;

class Check {
 public:
  Check(std::size_t index, std::vector<Problem>& problems) : index_(index), problems_(problems) {}

  void error(Part part, std::string message, std::string help = {}) {
    problems_.push_back({base::Severity::error, part, index_, std::move(message), std::move(help)});
    failed_ = true;
  }
  void warning(Part part, std::string message, std::string help = {}) {
    problems_.push_back({base::Severity::warning, part, index_, std::move(message), std::move(help)});
  }
  bool failed() const { return failed_; }

 private:
  std::size_t index_;
  std::vector<Problem>& problems_;
  bool failed_ = false;
};

struct Asked {
  const std::string* password = nullptr;
  bool happened = false;
};

// OpenSSL's question for a password; without this it would ask the terminal.
int give_password(char* to, int room, int, void* given) {
  auto& asked = *static_cast<Asked*>(given);
  asked.happened = true;
  if (asked.password == nullptr || asked.password->size() > static_cast<std::size_t>(room)) return -1;
  std::memcpy(to, asked.password->data(), asked.password->size());
  return static_cast<int>(asked.password->size());
}

KeyHandle read_key(const std::string& pem, Asked& asked) {
  const BioHandle bio = memory(pem);
  ERR_clear_error();
  KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_password, &asked));
  ERR_clear_error();
  return key;
}

KeyHandle load_key(const Material& material, Check& check) {
  Asked asked{.password = material.password ? &*material.password : nullptr};
  KeyHandle key = read_key(material.private_key, asked);
  if (key != nullptr) {
    if (material.password && !asked.happened)
      check.warning(Part::password, "the private key is not encrypted: the password is not used");
    return key;
  }
  if (!asked.happened) {
    check.error(Part::private_key, "this is no private key (PEM)", "it begins with -----BEGIN PRIVATE KEY-----");
  } else if (!material.password) {
    check.error(Part::private_key, "the private key is encrypted, and no password is given",
                "password: { file: … }, { environment: … }, { command: […] } or prompt");
  } else {
    check.error(Part::password, "the password of the private key is wrong");
  }
  return nullptr;
}

void check_strength(X509* certificate, EVP_PKEY* key, Check& check) {
  const int kind = EVP_PKEY_get_base_id(key);
  if (kind == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < 2048)
    check.error(Part::certificate, "an RSA key of " + std::to_string(EVP_PKEY_get_bits(key)) + " bits is too weak",
                "RSA wants 2048 bits; ECDSA P-256 costs a third of the time");
  int digest = NID_undef;
  if (X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) == 1 &&
      (digest == NID_sha1 || digest == NID_md5))
    check.error(Part::certificate, std::string("the certificate is signed with ") + OBJ_nid2sn(digest) +
                                       ", which clients do not accept any more");
}

void check_purpose(X509* certificate, const LoadedMaterial& loaded, Check& check) {
  if (X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) != 1)
    check.error(Part::certificate, "the certificate is not for servers (extended key usage)");
  if (loaded.names.empty())
    check.warning(Part::certificate, "the certificate has no names, so no client accepts it (subjectAltName)");
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
    check.warning(Part::certificate,
                  "the certificate is not valid before " + time_text(X509_get0_notBefore(certificate)));
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
    check.warning(Part::certificate, "the certificate has expired on " + time_text(X509_get0_notAfter(certificate)));
}

void load_chain(const Material& material, std::vector<CertificateHandle> own, LoadedMaterial& loaded, Check& check) {
  for (std::size_t index = 1; index < own.size(); ++index) loaded.chain.push_back(std::move(own[index]));
  if (!material.chain.empty()) {
    auto further = read_certificates(material.chain);
    if (further.empty()) check.error(Part::chain, "this holds no certificates (PEM), or broken ones");
    // Whoever names fullchain.pem for both would send the server's own certificate twice.
    for (auto& one : further)
      if (X509_cmp(one.get(), loaded.certificate.get()) != 0) loaded.chain.push_back(std::move(one));
  }
  X509* below = loaded.certificate.get();
  for (const auto& issuer : loaded.chain) {
    if (X509_check_issued(issuer.get(), below) != X509_V_OK) {
      check.warning(material.chain.empty() ? Part::certificate : Part::chain,
                    "'" + name_text(X509_get_subject_name(issuer.get())) + "' did not issue '" +
                        name_text(X509_get_subject_name(below)) + "', which stands before it",
                    "order: the server's certificate, then who issued it, and so on");
      return;
    }
    below = issuer.get();
  }
}

void load_ocsp(const Material& material, LoadedMaterial& loaded, Check& check) {
  if (material.ocsp.empty()) return;
  const auto* bytes = reinterpret_cast<const unsigned char*>(material.ocsp.data());
  const OcspHandle response(d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(material.ocsp.size())));
  const OcspBasicHandle basic(response ? OCSP_response_get1_basic(response.get()) : nullptr);
  ERR_clear_error();
  if (basic == nullptr || OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL ||
      OCSP_resp_count(basic.get()) < 1)
    return check.error(Part::ocsp, "this is no successful OCSP response (DER)");
  ASN1_GENERALIZEDTIME* next = nullptr;
  const OCSP_CERTID* about = OCSP_SINGLERESP_get0_id(OCSP_resp_get0(basic.get(), 0));
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, const_cast<OCSP_CERTID*>(about));
  if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(loaded.certificate.get())) != 0)
    return check.error(Part::ocsp, "the OCSP response is about another certificate");
  const int status = OCSP_single_get0_status(OCSP_resp_get0(basic.get(), 0), nullptr, nullptr, nullptr, &next);
  if (status != V_OCSP_CERTSTATUS_GOOD)
    check.warning(Part::ocsp, "the OCSP response says that the certificate is not good");
  loaded.ocsp_end = next == nullptr ? 0 : time_of(next);
  if (loaded.ocsp_end != 0 && loaded.ocsp_end < std::time(nullptr))
    return check.warning(Part::ocsp, "the OCSP response is too old and will not be sent");
  loaded.ocsp = material.ocsp;
}

}  // namespace

bool key_is_encrypted(const std::string& private_key) {
  Asked asked;
  const KeyHandle key = read_key(private_key, asked);
  return asked.happened;
}

bool password_opens(const std::string& private_key, const std::string& password) {
  Asked asked{.password = &password};
  return read_key(private_key, asked) != nullptr;
}

std::optional<LoadedMaterial> load_material(const Material& material, std::size_t index,
                                            std::vector<Problem>& problems) {
  Check check(index, problems);
  LoadedMaterial loaded;
  auto own = read_certificates(material.certificate);
  if (own.empty()) check.error(Part::certificate, "this holds no certificate (PEM), or a broken one");
  loaded.key = load_key(material, check);
  if (check.failed()) return std::nullopt;
  loaded.certificate = std::move(own.front());
  loaded.names = names_of(loaded.certificate.get());
  if (X509_check_private_key(loaded.certificate.get(), loaded.key.get()) != 1) {
    ERR_clear_error();
    check.error(Part::private_key, "the private key does not belong to the certificate");
    return std::nullopt;
  }
  check_strength(loaded.certificate.get(), loaded.key.get(), check);
  check_purpose(loaded.certificate.get(), loaded, check);
  load_chain(material, std::move(own), loaded, check);
  load_ocsp(material, loaded, check);
  if (check.failed()) return std::nullopt;
  return loaded;
}

}  // namespace kirsch::net::tls
