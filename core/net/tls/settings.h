// What a listener's TLS is made from: contents of files, never their names, because who may read them is not decided
// here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace kirsch::net::tls {

class TicketKeys;

// Mozilla's server side TLS.
enum class Profile : std::uint8_t {
  intermediate,  // TLS 1.2 with ECDHE and AEAD only, and 1.3
  modern,        // TLS 1.3
};

enum class ClientCertificates : std::uint8_t {
  off,
  optional,  // a client may have none; one that does not verify ends the handshake
  required,
};

// One certificate with its key. PEM except for `ocsp`.
struct Material {
  std::string certificate;  // the server's own first; others belong to its chain
  std::string private_key;
  std::optional<std::string> password;  // of the key, if it is encrypted
  std::string chain;                    // may be empty
  std::string ocsp;                     // a response to staple, DER; may be empty
};

struct Settings {
  std::string id;  // sessions of one listener are not resumed on another
  Profile profile = Profile::intermediate;
  std::vector<Material> certificates;  // the first one is for clients that name none of them
  ClientCertificates clients = ClientCertificates::off;
  std::string client_authorities;            // PEM
  std::string key_log;                       // a path; empty: secrets of sessions are written nowhere
  std::shared_ptr<TicketKeys> tickets = {};  // null: sessions are not resumed
  bool rehearsal = false;                    // for a check: makes no file
};

// What is wrong with one of the settings, and with which.
struct Problem {
  enum class Part : std::uint8_t { certificate, private_key, password, chain, ocsp, client_authorities, key_log };
  base::Severity severity = base::Severity::error;
  Part part = Part::certificate;
  std::size_t certificate = 0;  // its index, for the parts of a certificate
  std::string message;          // one sentence, no full stop
  std::string help = {};
};

// True: one of them is an error.
bool refused(const std::vector<Problem>& problems);

}  // namespace kirsch::net::tls
