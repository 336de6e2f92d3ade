// Problems that net reports by part become diagnostics at the place where that part is named.
#include "server/certificate_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/unique_fd.h"
#include "server/key_passwords.h"

namespace kirsch::server {
namespace {

using Part = net::tls::Problem::Part;

base::Diagnostic diagnostic(const config::Place& place, const char* code, std::string message, std::string help = {}) {
  return {.code = code,
          .message = std::move(message),
          .position = place.position,
          .source_line = place.line,
          .help = std::move(help)};
}

class Reading {
 public:
  Reading(const FileReader& read, std::vector<base::Diagnostic>& diagnostics)
      : read_(read), diagnostics_(diagnostics) {}

  std::string file(const std::string& path, const config::Place& place, mode_t* mode = nullptr) {
    if (path.empty()) return {};
    FileBytes read = read_(path);
    if (mode != nullptr) *mode = read.mode;
    if (read.failure.empty()) return std::move(read.bytes);
    auto one = diagnostic(place, "C082", std::move(read.failure));
    if (read.forbidden) one.exit_code = base::ExitCode::bind_or_permission;
    fail(std::move(one));
    return {};
  }
  void fail(base::Diagnostic one) {
    diagnostics_.push_back(std::move(one));
    failed_ = true;
  }
  void warn(base::Diagnostic one) {
    one.severity = base::Severity::warning;
    diagnostics_.push_back(std::move(one));
  }
  void unasked() { unasked_ = true; }
  bool complete() const { return !failed_ && !unasked_; }

 private:
  const FileReader& read_;
  std::vector<base::Diagnostic>& diagnostics_;
  bool failed_ = false;
  bool unasked_ = false;
};

void check_rights(const config::CertificateSettings& settings, mode_t mode, Reading& reading) {
  if ((mode & (S_IRWXG | S_IRWXO)) == 0) return;
  const std::string who = (mode & S_IRWXO) != 0 ? "everybody" : "its group";
  reading.warn(diagnostic(settings.private_key_place, "C083",
                          who + " may read the private key '" + settings.private_key + "'",
                          "chmod 600 " + settings.private_key));
}

net::tls::Material read_material(const config::CertificateSettings& settings, const KeyPasswords& passwords,
                                 Reading& reading) {
  net::tls::Material material;
  mode_t mode = 0;
  material.certificate = reading.file(settings.certificate, settings.certificate_place);
  material.private_key = reading.file(settings.private_key, settings.private_key_place, &mode);
  material.chain = reading.file(settings.chain, settings.chain_place);
  material.ocsp = reading.file(settings.ocsp, settings.ocsp_place);
  check_rights(settings, mode, reading);
  auto answer = passwords.of(settings);
  if (!answer.failure.empty()) reading.fail(diagnostic(settings.password.place, "C084", answer.failure));
  if (answer.unasked) reading.unasked();
  material.password = std::move(answer.password);
  return material;
}

net::tls::Settings settings_of(const config::ListenerSettings& listener, const KeyPasswords& passwords,
                               Reading& reading) {
  const auto& tls = *listener.tls;
  net::tls::Settings settings;
  settings.id = listener.name;
  settings.profile =
      tls.profile == config::TlsSettings::Profile::modern ? net::tls::Profile::modern : net::tls::Profile::intermediate;
  settings.clients = static_cast<net::tls::ClientCertificates>(tls.client_certificates);
  settings.key_log = tls.key_log;
  settings.client_authorities = reading.file(tls.client_authorities, tls.client_authorities_place);
  for (const auto& one : tls.certificates) settings.certificates.push_back(read_material(one, passwords, reading));
  return settings;
}

const config::Place& place_of(const config::TlsSettings& tls, const net::tls::Problem& problem) {
  const auto& certificate = tls.certificates[problem.certificate];
  switch (problem.part) {
    case Part::private_key:
      return certificate.private_key_place;
    case Part::password:
      return certificate.password.place;
    case Part::chain:
      return certificate.chain_place;
    case Part::ocsp:
      return certificate.ocsp_place;
    case Part::client_authorities:
      return tls.client_authorities_place;
    case Part::key_log:
      return tls.key_log_place;
    case Part::certificate:
      break;
  }
  return certificate.certificate_place;
}

}  // namespace

namespace {

FileBytes failed(const std::string& path, const std::string& why) { return {{}, "'" + path + "' " + why, 0, false}; }

}  // namespace

FileBytes read_bytes(const std::string& path) {
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file) return read_opened(file, path);
  const int error = errno;
  auto result = failed(path, "cannot be read: " + std::generic_category().message(error));
  result.forbidden = error == EACCES || error == EPERM;
  return result;
}

FileBytes read_opened(const base::UniqueFd& file, const std::string& path) {
  constexpr std::size_t most = 1024 * 1024;
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return failed(path, "is no regular file");
  FileBytes result{{}, {}, status.st_mode, false};
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed(path, "cannot be read: " + std::generic_category().message(errno));
    if (size == 0) break;
    result.bytes.append(buffer.data(), static_cast<std::size_t>(size));
    if (result.bytes.size() > most) return failed(path, "is larger than 1MiB");
  }
  if (result.bytes.empty()) return failed(path, "is empty");
  return result;
}

std::shared_ptr<const net::tls::Context> make_context(const config::ListenerSettings& listener, const FileReader& read,
                                                      const KeyPasswords& passwords,
                                                      std::shared_ptr<net::tls::TicketKeys> tickets, Purpose purpose,
                                                      std::vector<base::Diagnostic>& diagnostics) {
  Reading reading(read, diagnostics);
  auto settings = settings_of(listener, passwords, reading);
  if (!reading.complete()) return nullptr;
  settings.tickets = std::move(tickets);
  settings.rehearsal = purpose == Purpose::check;
  std::vector<net::tls::Problem> problems;
  auto context = net::tls::find_provider(listener.tls->provider)->context(settings, problems);
  for (auto& problem : problems) {
    auto one =
        diagnostic(place_of(*listener.tls, problem), "C081", std::move(problem.message), std::move(problem.help));
    one.severity = problem.severity;
    diagnostics.push_back(std::move(one));
  }
  return context;
}

std::vector<base::Diagnostic> warnings_of(std::vector<base::Diagnostic> diagnostics) {
  const auto is_error = [](const auto& one) { return one.severity == base::Severity::error; };
  const auto warnings = std::stable_partition(diagnostics.begin(), diagnostics.end(), is_error);
  std::vector<base::Diagnostic> found(warnings, diagnostics.end());
  diagnostics.erase(warnings, diagnostics.end());
  if (!diagnostics.empty()) throw base::Refusal(std::move(diagnostics));
  return found;
}

std::vector<base::Diagnostic> check_certificates(const config::Configuration& configuration) {
  const FileReader read = read_bytes;
  const KeyPasswords passwords(read);
  std::vector<base::Diagnostic> found;
  for (const auto& listener : configuration.listeners)
    if (listener.tls) static_cast<void>(make_context(listener, read, passwords, nullptr, Purpose::check, found));
  return warnings_of(std::move(found));
}

}  // namespace kirsch::server
