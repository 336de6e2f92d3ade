// kirsch certificate show.
#include <algorithm>
#include <ctime>
#include <iostream>

#include "command/certificate.h"
#include "command/json.h"
#include "command/terminal.h"
#include "net/tls/describe.h"
#include "server/blueprint.h"
#include "server/certificate_files.h"

namespace kirsch::command {
namespace {

using net::tls::Description;

struct Shown {
  std::string file;
  std::vector<Description> certificates;
};

std::int64_t days_left(const Description& one) { return (one.end - std::time(nullptr)) / (24 * 60 * 60); }

std::string state_of(const Description& one) {
  const auto now = std::time(nullptr);
  if (one.begin > now) return "not valid yet";
  if (one.end < now) return "expired";
  return std::to_string(days_left(one)) + " days left";
}

// Of the certificate at `index`; empty: none.
std::string chain_problem(const std::vector<Description>& certificates, std::size_t index) {
  if (index > 0 && !certificates[index].issued_before)
    return "did not issue the certificate before it: the order is wrong, or one is missing";
  const bool last = index + 1 == certificates.size();
  if (last && index == 0 && !certificates[index].self_signed)
    return "its issuer is not in this file; clients must know it, or get it from certificate_chain";
  return {};
}

Shown read(const std::string& path) {
  const auto file = server::read_bytes(path);
  auto certificates = net::tls::describe(file.bytes);
  const std::string failure = !file.failure.empty()  ? file.failure
                              : certificates.empty() ? "'" + path + "' holds no certificate (PEM), or a broken one"
                                                     : "";
  if (!failure.empty()) throw base::Refusal(base::Diagnostic{.code = "C082", .message = failure});
  return {path, std::move(certificates)};
}

std::vector<std::string> configured_files(const std::filesystem::path& configuration) {
  std::vector<std::string> files;
  for (const auto& listener : server::read_blueprint(configuration).configuration.listeners) {
    if (!listener.tls) continue;
    for (const auto& one : listener.tls->certificates)
      for (const auto& file : {one.certificate, one.chain})
        if (!file.empty() && std::ranges::find(files, file) == files.end()) files.push_back(file);
  }
  return files;
}

void print_text(const Shown& shown) {
  std::cout << shown.file << '\n';
  for (std::size_t index = 0; index < shown.certificates.size(); ++index) {
    const auto& one = shown.certificates[index];
    std::string names;
    for (const auto& name : one.names) names += (names.empty() ? "" : ", ") + name;
    std::cout << "  subject      " << one.subject << '\n' << "  issuer       " << one.issuer << '\n';
    if (!names.empty()) std::cout << "  names        " << names << '\n';
    std::cout << "  valid        " << one.not_before << " to " << one.not_after << ", " << state_of(one) << '\n'
              << "  key          " << one.key << ", signed with " << one.signature << '\n'
              << "  fingerprint  " << one.fingerprint << '\n';
    const auto problem = chain_problem(shown.certificates, index);
    if (!problem.empty()) std::cout << "  chain        " << problem << '\n';
    std::cout << '\n';
  }
}

void write_json(JsonWriter& json, const Shown& shown) {
  for (std::size_t index = 0; index < shown.certificates.size(); ++index) {
    const auto& one = shown.certificates[index];
    json.open_object().field("file", shown.file).field("subject", one.subject).field("issuer", one.issuer);
    json.strings("names", one.names);
    json.field("not_before", one.not_before).field("not_after", one.not_after).field("days_left", days_left(one));
    json.field("key", one.key).field("signature", one.signature).field("serial", one.serial);
    json.field("fingerprint", one.fingerprint).field("self_signed", one.self_signed);
    const auto problem = chain_problem(shown.certificates, index);
    if (!problem.empty()) json.field("chain_problem", problem);
    json.close_object();
  }
}

}  // namespace

base::ExitCode show_certificates(const std::vector<std::string>& files, const std::filesystem::path& configuration,
                                 bool json) noexcept {
  return guarded([&] {
    const auto wanted = files.empty() ? configured_files(configuration) : files;
    if (wanted.empty() && !json) std::cout << "no listener of " << configuration.string() << " has TLS\n";
    JsonWriter writer;
    writer.open_object().key("certificates").open_array();
    for (const auto& file : wanted) json ? write_json(writer, read(file)) : print_text(read(file));
    if (json) std::cout << writer.close_array().close_object().text();
    return base::ExitCode::ok;
  });
}

}  // namespace kirsch::command
