// From OpenSSL's objects to text.
#include "net/tls/openssl_handles.h"

#include <arpa/inet.h>
#include <openssl/pem.h>

#include <array>

namespace kirsch::net::tls {
namespace {

std::string hexadecimal(std::span<const unsigned char> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  const auto* bytes = ASN1_STRING_get0_data(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool six = ASN1_STRING_length(address) == 16;
  if (!six && ASN1_STRING_length(address) != 4) return {};
  ::inet_ntop(six ? AF_INET6 : AF_INET, bytes, text.data(), text.size());
  return six ? "[" + std::string(text.data()) + "]" : std::string(text.data());
}

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

}  // namespace

std::string contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

const char* take_error() noexcept {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "an error without a name";
}

std::vector<CertificateHandle> read_certificates(const std::string& pem) {
  std::vector<CertificateHandle> all;
  const BioHandle bio = memory(pem);
  ERR_clear_error();
  while (CertificateHandle one{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) all.push_back(std::move(one));
  // The end of the text is "no start line"; anything else is a broken certificate.
  const bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!whole) all.clear();
  return all;
}

std::string name_text(const X509_NAME* name) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) | ASN1_STRFLGS_UTF8_CONVERT);
  return contents(bio.get());
}

std::time_t time_of(const ASN1_TIME* time) {
  std::tm fields{};
  return ASN1_TIME_to_tm(time, &fields) == 1 ? ::timegm(&fields) : 0;
}

std::string time_text(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return {};
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields)};
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const NamesHandle alternatives(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (alternatives == nullptr) {
    std::array<char, 256> name{};
    const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                                               static_cast<int>(name.size()));
    if (size > 0) names.emplace_back(name.data());
    return names;
  }
  for (int index = 0; index < sk_GENERAL_NAME_num(alternatives.get()); ++index) {
    const GENERAL_NAME* one = sk_GENERAL_NAME_value(alternatives.get(), index);
    if (one->type == GEN_DNS) names.push_back(text_of(one->d.dNSName));
    if (one->type == GEN_IPADD) names.push_back(address_text(one->d.iPAddress));
  }
  return names;
}

std::string serial_text(X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  return hexadecimal({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

std::string fingerprint(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  return hexadecimal({digest.data(), size});
}

std::string pem_of(X509* certificate) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return contents(bio.get());
}

}  // namespace kirsch::net::tls
