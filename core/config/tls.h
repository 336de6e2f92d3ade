// `tls:` of a listener: which files, which rules. The files are looked at by whoever reads certificates.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "config/reader.h"

namespace kirsch::config {

// Where something is written, for diagnostics about what it names.
struct Place {
  base::Position position;
  std::string line;  // the source line
};

// How the password of a private key comes.
struct PasswordSettings {
  enum class From : std::uint8_t { nowhere, file, environment, command, prompt };
  From from = From::nowhere;
  std::string name;                  // of the file, absolute, or of the variable
  std::vector<std::string> command;  // program and arguments
  Place place;
};

struct CertificateSettings {
  std::string certificate;  // absolute paths; the key may stand in the same file
  std::string private_key;
  std::string chain;  // empty: none
  std::string ocsp;   // empty: none
  PasswordSettings password;
  Place certificate_place, private_key_place, chain_place, ocsp_place;
};

struct TlsSettings {
  enum class Profile : std::uint8_t { intermediate, modern };
  enum class ClientCertificates : std::uint8_t { off, optional, required };

  std::string provider;
  Profile profile = Profile::intermediate;
  std::vector<CertificateSettings> certificates;  // never empty
  ClientCertificates client_certificates = ClientCertificates::off;
  std::string client_authorities;  // empty: none
  Place client_authorities_place;
  std::optional<std::chrono::milliseconds> tickets;  // how often their key changes; none: no tickets
  std::string key_log;                               // empty: none
  Place key_log_place;
};

const std::vector<base::Option>& tls_options();

// `tls` is the value of the key `at`. None: something is wrong, which is reported to the reader's findings.
std::optional<TlsSettings> read_tls(Reader& reader, const Node& tls, const Node& at, const std::string& owner);

}  // namespace kirsch::config
