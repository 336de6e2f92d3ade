// Calls `kirsch certificate`.
#include "support/certificates.h"

#include <stdexcept>

#include "support/kirsch.h"

namespace kirsch::test {
namespace {

void make(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "certificate");
  const auto result = run_kirsch(arguments);
  if (result.exit_code != 0) throw std::runtime_error(result.out + result.err);
}

std::vector<std::string> order(const std::filesystem::path& folder, const std::vector<std::string>& hosts) {
  std::vector<std::string> arguments{"local-ca", "--directory", folder.string()};
  for (const auto& host : hosts) arguments.insert(arguments.end(), {"--host", host});
  return arguments;
}

}  // namespace

Certificates::Certificates(const std::vector<std::string>& hosts) { make(order(folder(), hosts)); }

std::filesystem::path Certificates::more(const std::string& name, const std::vector<std::string>& hosts,
                                         const std::vector<std::string>& options) const {
  const auto below = folder() / name;
  std::filesystem::create_directory(below);
  for (const auto* file : {"ca.pem", "ca-key.pem"}) std::filesystem::copy(folder() / file, below / file);
  auto arguments = order(below, hosts);
  arguments.insert(arguments.end(), options.begin(), options.end());
  make(arguments);
  return below;
}

void Certificates::client(const std::string& name) const {
  make({"local-ca", "--directory", folder().string(), "--client", name});
}

std::string Certificates::yaml(const std::string& rest) const {
  return "tls: { certificate: \"" + certificate() + "\", private_key: \"" + private_key() + "\"" + rest + " }";
}

std::string over_tls(const Certificates& certificates, std::string_view rest, const std::string& more) {
  return "version: 1\nlisteners: { main: { bind: \"127.0.0.1:0\", " + certificates.yaml(more) + " } }\n" +
         std::string(rest);
}

void openssl(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{"openssl"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Process process(command);
  if (process.wait() != 0) throw std::runtime_error(process.output().all);
}

}  // namespace kirsch::test
