// openat2 by system call (glibc has no wrapper); where the kernel or a sandbox refuses it, a walk that follows no link.
#include "pipeline/file_access.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

namespace kirsch::pipeline {
namespace {

constexpr int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

// Component by component with O_NOFOLLOW: a link anywhere is ELOOP, `..` is EXDEV.
int walk(int root, char* path) noexcept {
  int directory = root;
  char* component = path;
  for (;;) {
    char* slash = std::strchr(component, '/');
    if (slash != nullptr) *slash = 0;
    if (std::strcmp(component, "..") == 0) {
      if (directory != root) ::close(directory);
      return -EXDEV;
    }
    const int next = ::openat(directory, component, flags | O_NOFOLLOW | (slash != nullptr ? O_DIRECTORY : 0));
    const int error = errno;
    if (directory != root) ::close(directory);
    if (next < 0) return -error;
    if (slash == nullptr) return next;
    directory = next;
    component = slash + 1;
  }
}

int open_confined(int root, char* path) noexcept {
  struct open_how how {};
  how.flags = flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // RESOLVE_BENEATH may report EAGAIN when a rename races with it.
  for (int tries = 0; tries < 8; ++tries) {
    const long descriptor = ::syscall(SYS_openat2, root, path, &how, sizeof how);
    if (descriptor >= 0) return static_cast<int>(descriptor);
    if (errno == ENOSYS || errno == EPERM || errno == E2BIG) return walk(root, path);
    if (errno != EAGAIN && errno != EINTR) return -errno;
  }
  return -EAGAIN;
}

}  // namespace

int open_beneath(int root, std::string_view relative, FileFacts& facts) noexcept {
  std::array<char, PATH_MAX> path;
  if (relative.size() >= path.size()) return -ENAMETOOLONG;
  if (relative.find('\0') != std::string_view::npos) return -EINVAL;
  if (relative.empty()) relative = ".";
  std::memcpy(path.data(), relative.data(), relative.size());
  path[relative.size()] = 0;
  const int descriptor = open_confined(root, path.data());
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

int open_directory(std::string_view path) noexcept {
  std::array<char, PATH_MAX> name;
  if (path.size() >= name.size()) return -ENAMETOOLONG;
  std::memcpy(name.data(), path.data(), path.size());
  name[path.size()] = 0;
  const int descriptor = ::open(name.data(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

}  // namespace kirsch::pipeline
