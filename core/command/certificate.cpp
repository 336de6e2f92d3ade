// Files for development: a key is readable by its owner only, and nothing is replaced unless that is asked for.
#include "command/certificate.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <iostream>
#include <system_error>

#include "base/unique_fd.h"
#include "command/terminal.h"
#include "net/tls/issue.h"
#include "server/certificate_files.h"

namespace kirsch::command {
namespace {

namespace fs = std::filesystem;
namespace tls = net::tls;

constexpr std::chrono::hours day{24};
constexpr std::chrono::hours life_of_authority{24 * 3650};

base::Refusal refusal(std::string message, std::string help = {}) {
  return base::Refusal(base::Diagnostic{
      .code = "C085", .message = std::move(message), .help = std::move(help), .exit_code = base::ExitCode::usage});
}

void write(const fs::path& file, const std::string& text, mode_t mode, bool force) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (force ? O_TRUNC : O_EXCL);
  const base::UniqueFd descriptor(::open(file.c_str(), flags, mode));
  if (!descriptor && errno == EEXIST) throw refusal("'" + file.string() + "' exists already", "--force replaces it");
  const bool written = descriptor && ::fchmod(descriptor.get(), mode) == 0 &&
                       ::write(descriptor.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (!written)
    throw base::Refusal(base::Diagnostic{
        .code = "C085",
        .message = "'" + file.string() + "' cannot be written: " + std::generic_category().message(errno),
        .exit_code = base::ExitCode::bind_or_permission});
  std::cout << file.string() << '\n';
}

void write(const tls::Issued& issued, const fs::path& certificate, const fs::path& key, bool force) {
  if (!force && fs::exists(certificate))
    throw refusal("'" + certificate.string() + "' exists already", "--force replaces it");
  write(key, issued.private_key, 0600, force);
  write(certificate, issued.certificate, 0644, force);
}

tls::Order order_of(const CertificateOrder& given) {
  tls::Order order;
  order.names = given.client.empty() ? given.hosts : std::vector<std::string>{given.client};
  if (order.names.empty()) throw refusal("whose certificate?", "--host NAME, more than once if it has several names");
  order.life = given.days * day;
  order.key = given.rsa ? tls::Order::Key::rsa : tls::Order::Key::ecdsa;
  order.purpose = given.client.empty() ? tls::Order::For::server : tls::Order::For::client;
  return order;
}

// The one of the directory, or a new one.
tls::Issued authority(const fs::path& directory) {
  const auto certificate = directory / "ca.pem";
  const auto key = directory / "ca-key.pem";
  if (!fs::exists(certificate) && !fs::exists(key)) {
    auto made = tls::make_authority("Kirsch local authority", life_of_authority);
    write(made, certificate, key, false);
    return made;
  }
  auto certificate_file = server::read_bytes(certificate.string());
  auto key_file = server::read_bytes(key.string());
  for (const auto& file : {certificate_file, key_file})
    if (!file.failure.empty()) throw refusal("of the local authority, " + file.failure);
  return {std::move(certificate_file.bytes), std::move(key_file.bytes)};
}

}  // namespace

base::ExitCode make_self_signed(const CertificateOrder& given) noexcept {
  return guarded([&] {
    const auto order = order_of(given);
    fs::create_directories(given.directory);
    write(tls::self_signed(order), given.directory / "cert.pem", given.directory / "privkey.pem", given.force);
    return base::ExitCode::ok;
  });
}

base::ExitCode make_with_local_authority(const CertificateOrder& given) noexcept {
  return guarded([&] {
    const auto order = order_of(given);
    if (given.client.find('/') != std::string::npos) throw refusal("a client's name becomes a file: no slash in it");
    fs::create_directories(given.directory);
    const auto issued = tls::issue(order, authority(given.directory));
    const std::string start = given.client.empty() ? "" : given.client + "-";
    write(issued, given.directory / (start + "cert.pem"), given.directory / (start + "privkey.pem"), given.force);
    return base::ExitCode::ok;
  });
}

}  // namespace kirsch::command
