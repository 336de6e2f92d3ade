// openat2 by system call (glibc has no wrapper); where the kernel or a sandbox refuses it, a walk that follows no link.
#include "pipeline/file_access.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

namespace kirsch::pipeline {
namespace {

constexpr int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

// Component by component with O_NOFOLLOW: a link anywhere is ELOOP, `..` is EXDEV.
int walk(int root, char* path, int extra) noexcept {
  int directory = root;
  char* component = path;
  for (;;) {
    char* slash = std::strchr(component, '/');
    if (slash != nullptr) *slash = 0;
    if (std::strcmp(component, "..") == 0) {
      if (directory != root) ::close(directory);
      return -EXDEV;
    }
    const int kind = slash != nullptr ? O_DIRECTORY : extra;
    const int next = ::openat(directory, component, flags | O_NOFOLLOW | kind);
    const int error = errno;
    if (directory != root) ::close(directory);
    if (next < 0) return -error;
    if (slash == nullptr) return next;
    directory = next;
    component = slash + 1;
  }
}

int open_confined(int root, std::string_view relative, int extra) noexcept {
  std::array<char, PATH_MAX> path;
  if (relative.size() >= path.size()) return -ENAMETOOLONG;
  if (relative.find('\0') != std::string_view::npos) return -EINVAL;
  if (relative.empty()) relative = ".";
  std::memcpy(path.data(), relative.data(), relative.size());
  path[relative.size()] = 0;
  struct open_how how {};
  how.flags = static_cast<unsigned>(flags | extra);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // RESOLVE_BENEATH may report EAGAIN when a rename races with it.
  for (int tries = 0; tries < 8; ++tries) {
    const long descriptor = ::syscall(SYS_openat2, root, path.data(), &how, sizeof how);
    if (descriptor >= 0) return static_cast<int>(descriptor);
    if (errno == ENOSYS || errno == EPERM || errno == E2BIG) return walk(root, path.data(), extra);
    if (errno != EAGAIN && errno != EINTR) return -errno;
  }
  return -EAGAIN;
}

}  // namespace

int open_beneath(int root, std::string_view relative, FileFacts& facts) noexcept {
  const int descriptor = open_confined(root, relative, 0);
  if (descriptor < 0) return descriptor;
  struct stat status {};
  const int error = ::fstat(descriptor, &status) != 0 ? errno
                    : S_ISDIR(status.st_mode)         ? EISDIR
                    : !S_ISREG(status.st_mode)        ? ENODEV
                                                      : 0;
  if (error != 0) {
    ::close(descriptor);
    return -error;
  }
  facts.size = static_cast<std::uint64_t>(status.st_size);
  facts.modified_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  return descriptor;
}

int open_directory_beneath(int root, std::string_view relative) noexcept {
  return open_confined(root, relative, O_DIRECTORY);
}

// Its ends and points 128 KiB apart, the reach of the kernel's usual read-ahead: a system call each, and far cheaper
// than mincore on a mapping.
bool resident(int descriptor, std::uint64_t offset, std::uint64_t size) noexcept {
  constexpr std::uint64_t stride = 128 * 1024;
  if (size == 0) return true;
  char byte = 0;
  iovec place{&byte, 1};
  for (std::uint64_t at = 0;; at = std::min(at + stride, size - 1)) {
    if (::preadv2(descriptor, &place, 1, static_cast<off_t>(offset + at), RWF_NOWAIT) < 0) return errno != EAGAIN;
    if (at == size - 1) return true;
  }
}

void load(int descriptor, std::uint64_t offset, std::uint64_t size) noexcept {
  std::array<char, 64 * 1024> scratch;
  while (size != 0) {
    const auto got =
        ::pread(descriptor, scratch.data(), std::min<std::uint64_t>(scratch.size(), size), static_cast<off_t>(offset));
    if (got <= 0) return;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::uint64_t>(got);
  }
}

int open_directory(std::string_view path) noexcept {
  std::array<char, PATH_MAX> name;
  if (path.size() >= name.size()) return -ENAMETOOLONG;
  std::memcpy(name.data(), path.data(), path.size());
  name[path.size()] = 0;
  const int descriptor = ::open(name.data(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

}  // namespace kirsch::pipeline
