// Certificates for tests, made by the command under test; nothing of them is ever kept.
#pragma once

#include <string>
#include <vector>

#include "support/folder.h"

namespace kirsch::test {

// A folder with cert.pem and privkey.pem for localhost, issued by its ca.pem.
class Certificates {
 public:
  explicit Certificates(const std::vector<std::string>& hosts = {"localhost"});

  // More in a folder below, issued by the same authority: cert.pem, privkey.pem.
  std::filesystem::path more(const std::string& folder, const std::vector<std::string>& hosts,
                             const std::vector<std::string>& options = {}) const;
  // NAME-cert.pem and NAME-privkey.pem of a client.
  void client(const std::string& name) const;

  const std::filesystem::path& folder() const { return folder_.path(); }
  std::filesystem::path authority() const { return folder() / "ca.pem"; }
  std::string certificate() const { return (folder() / "cert.pem").string(); }
  std::string private_key() const { return (folder() / "privkey.pem").string(); }
  // "tls: { certificate: …, private_key: …" with `rest` and the bracket behind it.
  std::string yaml(const std::string& rest = {}) const;

 private:
  TemporaryFolder folder_;
};

inline constexpr auto hello_path = "paths: { /: { handler: { respond: { body: hello } } } }\n";

// A configuration with a listener with TLS, on a port that the kernel chooses, and `rest`.
std::string over_tls(const Certificates& certificates, std::string_view rest, const std::string& more = {});

// What OpenSSL's command does; throws std::runtime_error with its words if it fails.
void openssl(const std::vector<std::string>& arguments);

}  // namespace kirsch::test
