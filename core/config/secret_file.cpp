// Bounded reading of a secret.
#include "config/secret_file.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/unique_fd.h"
#include "config/snapshot.h"

namespace kirsch::config {
namespace {

std::string readers_of(const struct stat& status) {
  if ((status.st_mode & S_IROTH) != 0) return "everybody";
  if ((status.st_mode & S_IRGRP) == 0 || status.st_gid == 0 || status.st_uid == 0) return {};
  const group* readers = ::getgrgid(status.st_gid);
  if (readers == nullptr) return "group " + std::to_string(status.st_gid);
  const std::string name = readers->gr_name;
  const passwd* owner = ::getpwuid(status.st_uid);
  return owner != nullptr && name == owner->pw_name ? "" : "group " + name;
}

Parsed<SecretFile> secret_on_disk(const std::string& path) {
  constexpr std::size_t most = 64 * 1024;
  const auto failed = [&](int error) {
    return Misfit{"'" + path + "' cannot be read: " + std::generic_category().message(error), {}};
  };
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return failed(errno);
  if (!S_ISREG(status.st_mode)) return Misfit{"'" + path + "' is no regular file", {}};
  SecretFile secret;
  secret.readers = readers_of(status);
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(errno);
    if (count == 0) break;
    secret.contents.append(buffer.data(), static_cast<std::size_t>(count));
    if (secret.contents.size() > most) return Misfit{"'" + path + "' is larger than 64KiB", {}};
  }
  if (secret.contents.ends_with('\n')) secret.contents.pop_back();
  if (secret.contents.ends_with('\r')) secret.contents.pop_back();
  if (secret.contents.empty()) return Misfit{"'" + path + "' is empty", {}};
  return secret;
}

}  // namespace

Parsed<SecretFile> read_secret(const std::string& path) {
  return Snapshot::secret(path, [&] { return secret_on_disk(path); });
}

}  // namespace kirsch::config
