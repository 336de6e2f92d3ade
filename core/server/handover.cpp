// The configuration goes as an unnamed file, because it may be longer than a message; modules go as what is open.
#include "server/handover.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace kirsch::server {
namespace {

base::UniqueFd copy_of(const base::UniqueFd& file) {
  base::UniqueFd copy(::fcntl(file.get(), F_DUPFD_CLOEXEC, 3));
  if (!copy) throw std::system_error(errno, std::generic_category(), "a file of a module");
  return copy;
}

// Empty: the system gives none.
base::UniqueFd file_with(const std::string& bytes) {
  base::UniqueFd file(::memfd_create("kirsch-configuration", MFD_CLOEXEC));
  for (std::size_t at = 0; file && at < bytes.size();) {
    const ssize_t count = ::write(file.get(), bytes.data() + at, bytes.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    at += static_cast<std::size_t>(count);
  }
  return file;
}

std::string contents_of(const base::UniqueFd& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw std::runtime_error("a configuration that was handed over is none");
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t count = ::pread(file.get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw std::runtime_error("a configuration that was handed over cannot be read");
    at += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace

Handover::Handover(config::Snapshot snapshot, const loader::Catalogue& catalogue) : snapshot_(std::move(snapshot)) {
  for (const auto& file : catalogue.files()) modules_.push_back({file->path, copy_of(file->descriptor)});
}

loader::Catalogue Handover::catalogue(const loader::HostAbi& host) const {
  std::vector<loader::Catalogue::Handed> copies;
  for (const auto& module : modules_) copies.push_back({module.path, copy_of(module.descriptor)});
  return loader::Catalogue::of(std::move(copies), host);
}

bool Handover::send(net::MessageChannel& to) const {
  if (empty()) return true;
  for (const auto& module : modules_)
    if (!to.send("module", module.path.string(), {module.descriptor.get()})) return false;
  const auto file = file_with(snapshot_.packed());
  return file && to.send("configuration", {}, {file.get()});
}

void Handover::take(net::Message& message) {
  if (message.descriptors.size() != 1) throw std::runtime_error("what was handed over came without a file");
  if (message.type == "module") {
    modules_.push_back({message.body, std::move(message.descriptors.front())});
  } else {
    snapshot_ = config::Snapshot::unpacked(contents_of(message.descriptors.front()));
  }
}

}  // namespace kirsch::server
