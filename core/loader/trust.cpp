// Walks a path from the root, one open directory after the other, and checks owner and mode of each.
#include "loader/trust.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <deque>

#include "loader/refusal.h"

namespace kirsch::loader {
namespace {

constexpr int link_limit = 40;  // as the kernel's own

std::string user_name(uid_t user) {
  std::array<char, 4096> room{};
  struct passwd entry {};
  struct passwd* found = nullptr;
  const bool known = ::getpwuid_r(user, &entry, room.data(), room.size(), &found) == 0 && found != nullptr;
  return (known ? std::string(entry.pw_name) + " " : std::string("user ")) + "(" + std::to_string(user) + ")";
}

std::string octal(mode_t mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

[[noreturn]] void refuse_trust(std::string message, std::string help) {
  throw base::Refusal(refused(code::untrusted, std::move(message), std::move(help)));
}

[[noreturn]] void refuse_directory(const std::filesystem::path& path, const std::string& reason) {
  throw base::Refusal(refused(code::unreadable_directory, "directory " + path.string() + " " + reason,
                              "make it, or name the right one in plugins.path"));
}

void check_owner(const std::string& what, const std::string& path, const struct ::stat& status, const Trust& trust) {
  if (trust.trusts(status.st_uid)) return;
  refuse_trust(what + " " + path + " belongs to " + user_name(status.st_uid) + "; trusted is " + trust.names(),
               "chown root '" + path + "', or name the owner in plugins.owners");
}

void check_writers(const std::string& what, const std::string& path, const struct ::stat& status) {
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return;
  const bool others = (status.st_mode & S_IWOTH) != 0;
  refuse_trust(what + " " + path + " is writable for " + (others ? "everybody" : "its group") + " (mode " +
                   octal(status.st_mode) + ")",
               "chmod go-w '" + path + "'");
}

void check_directory(const std::filesystem::path& path, const struct ::stat& status, const Trust& trust) {
  check_owner("directory", path.string(), status, trust);
  if ((status.st_mode & S_ISVTX) == 0) check_writers("directory", path.string(), status);
}

// Puts the components of `path` before `rest`.
void prepend(std::deque<std::string>& rest, const std::filesystem::path& path) {
  std::deque<std::string> front;
  for (const auto& component : path) front.push_back(component.string());
  rest.insert(rest.begin(), front.begin(), front.end());
}

// The state of a walk: an open directory, its path, and the components that are left.
class PathWalk {
 public:
  PathWalk(const std::filesystem::path& path, const Trust& trust) : asked_(path), trust_(trust) {
    if (!path.is_absolute()) refuse_directory(path, "is not an absolute path");
    enter_root();
    prepend(rest_, path.relative_path());
  }

  TrustedDirectory finish() {
    while (!rest_.empty()) {
      const std::string component = rest_.front();
      rest_.pop_front();
      if (component.empty() || component == "." || component == "/") continue;
      step(component);
    }
    return {std::move(here_), path_};
  }

 private:
  void enter_root() {
    here_ = base::UniqueFd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct ::stat status {};
    if (!here_ || ::fstat(here_.get(), &status) != 0) refuse_directory("/", "cannot be opened: " + system_text(errno));
    path_ = "/";
    check_directory(path_, status, trust_);
  }

  void step(const std::string& component) {
    const std::filesystem::path next = component == ".." ? path_.parent_path() : path_ / component;
    base::UniqueFd entry(::openat(here_.get(), component.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct ::stat status {};
    if (!entry || ::fstat(entry.get(), &status) != 0)
      refuse_directory(asked_, errno == ENOENT ? "does not exist" : "cannot be opened: " + system_text(errno));
    if (S_ISLNK(status.st_mode)) return follow(entry, next, status);
    if (!S_ISDIR(status.st_mode)) refuse_directory(next, "is not a directory");
    check_directory(next, status, trust_);
    here_ = std::move(entry);
    path_ = next;
  }

  // The directory that holds the link was checked; in a sticky one the owner of the link decides.
  void follow(const base::UniqueFd& link, const std::filesystem::path& path, const struct ::stat& status) {
    check_owner("link", path.string(), status, trust_);
    if (++links_ > link_limit) refuse_directory(asked_, "has too many links in its path");
    std::array<char, 4096> target{};
    const ssize_t size = ::readlinkat(link.get(), "", target.data(), target.size());
    if (size <= 0 || static_cast<std::size_t>(size) == target.size())
      refuse_directory(asked_, "has a link in its path that cannot be read: " + path.string());
    const std::filesystem::path next(std::string(target.data(), static_cast<std::size_t>(size)));
    if (next.is_absolute()) enter_root();
    prepend(rest_, next.relative_path());
  }

  std::filesystem::path asked_;
  const Trust& trust_;
  base::UniqueFd here_;
  std::filesystem::path path_;
  std::deque<std::string> rest_;
  int links_ = 0;
};

}  // namespace

bool Trust::trusts(uid_t owner) const {
  return owner == 0 || std::find(owners_.begin(), owners_.end(), owner) != owners_.end();
}

std::string Trust::names() const {
  std::string text = "root";
  for (const uid_t owner : owners_)
    if (owner != 0) text += " or " + user_name(owner);
  return text;
}

TrustedDirectory TrustedDirectory::open(const std::filesystem::path& path, const Trust& trust) {
  return PathWalk(path, trust).finish();
}

TrustedFile open_trusted_file(const TrustedDirectory& directory, const std::string& name, const Trust& trust) {
  const std::string path = (directory.path / name).string();
  // Non-blocking: a FIFO of that name must not hold up the start.
  base::UniqueFd file(
      ::openat(directory.descriptor.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file && errno == ELOOP)
    refuse_trust("file " + path + " is a link; what it points to could change after the check",
                 "replace it with the file itself, or name the directory of that file in plugins.path");
  if (!file)
    refuse_trust("file " + path + " cannot be opened: " + system_text(errno),
                 "make it readable for who starts the server, or move it out of the directory");
  struct ::stat status {};
  if (::fstat(file.get(), &status) != 0)
    refuse_trust("file " + path + " cannot be examined: " + system_text(errno), "move it out of the directory");
  if (!S_ISREG(status.st_mode))
    refuse_trust("file " + path + " is not a regular file",
                 "only modules are called NAME.so there; move it out of the directory");
  check_owner("file", path, status, trust);
  check_writers("file", path, status);
  return {std::move(file), status};
}

}  // namespace kirsch::loader
