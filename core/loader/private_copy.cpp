// Directories by descriptor, locks by flock: a lock belongs to the open file, so it survives forks and dies with its
// last holder.
#include "loader/private_copy.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "loader/refusal.h"
#include "loader/trust.h"

namespace kirsch::loader {
namespace {

constexpr const char* state_help =
    "server.state must be a directory of root or of the user of the server, writable for nobody else";

// Then neither the place nor the module is wrong.
bool is_of_the_disk(int error_number) {
  return error_number == ENOSPC || error_number == EDQUOT || error_number == EROFS || error_number == EIO;
}

[[noreturn]] void refuse_copy(const std::string& what, const std::filesystem::path& path, int error_number) {
  auto diagnostic =
      refused(code::not_copied, what + " " + path.string() + ": " + system_text(error_number), state_help);
  if (is_of_the_disk(error_number)) {
    const bool full = error_number == ENOSPC || error_number == EDQUOT;
    diagnostic.help =
        std::string(full ? "free some space there, or name" : "name") + " another place: server: { state: /path }";
    diagnostic.exit_code = base::ExitCode::bind_or_permission;
  }
  throw base::Refusal(std::move(diagnostic));
}

TrustedDirectory open_own(const std::filesystem::path& path) {
  try {
    return TrustedDirectory::open(path, Trust({::geteuid()}));
  } catch (const base::Refusal& refusal) {
    base::Diagnostic diagnostic = refusal.diagnostics().front();
    diagnostic.help = state_help;
    throw base::Refusal(std::move(diagnostic));
  }
}

base::UniqueFd open_directory(const base::UniqueFd& parent, const std::string& name) {
  return base::UniqueFd(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// Makes `path`, and what is missing above it, whatever the umask is.
TrustedDirectory make_directory(const std::filesystem::path& path) {
  if (!path.is_absolute() || path == path.root_path()) return open_own(path);
  if (path.filename().empty()) return make_directory(path.parent_path());
  struct ::stat status {};
  if (::lstat(path.c_str(), &status) == 0) return open_own(path);
  const TrustedDirectory parent = make_directory(path.parent_path());
  if (::mkdirat(parent.descriptor.get(), path.filename().c_str(), 0700) != 0 && errno != EEXIST)
    refuse_copy("cannot make the directory", path, errno);
  return open_own(path);
}

// The directory of `user` below the state, 0700.
base::UniqueFd make_modules(const TrustedDirectory& state, uid_t user, gid_t group) {
  const std::string name = "modules." + std::to_string(user);
  const std::filesystem::path path = state.path / name;
  const bool made = ::mkdirat(state.descriptor.get(), name.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) refuse_copy("cannot make the directory", path, errno);
  base::UniqueFd directory = open_directory(state.descriptor, name);
  if (!directory) refuse_copy("cannot open the directory", path, errno);
  if (made && user != ::geteuid() && ::fchown(directory.get(), user, group) != 0)
    refuse_copy("cannot change the owner of", path, errno);
  struct ::stat status {};
  if (::fstat(directory.get(), &status) != 0) refuse_copy("cannot examine", path, errno);
  if (status.st_uid != user)
    throw base::Refusal(refused(code::untrusted,
                                "directory " + path.string() + " belongs to user " + std::to_string(status.st_uid) +
                                    ", but must belong to user " + std::to_string(user),
                                "remove it; the server makes it again"));
  if ((status.st_mode & 07777) != 0700 && ::fchmod(directory.get(), 0700) != 0)
    refuse_copy("cannot change the mode of", path, errno);
  return directory;
}

bool lock(const base::UniqueFd& directory, int how) {
  while (::flock(directory.get(), how) != 0)
    if (errno != EINTR) return false;
  return true;
}

// Only we can write here, so paths are as good as descriptors.
void remove_tree(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

// What nobody holds a lock on was left by a process that is dead.
void sweep(const base::UniqueFd& modules, const std::filesystem::path& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
    names.push_back(entry->path().filename().string());
  for (const std::string& name : names) {
    const base::UniqueFd directory = open_directory(modules, name);
    const bool foreign = !directory && (errno == ENOTDIR || errno == ELOOP);  // a file or a link: none of ours
    if (foreign || (directory && lock(directory, LOCK_EX | LOCK_NB))) remove_tree(path / name);
  }
}

std::string fresh_name() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof(number), 0) != static_cast<ssize_t>(sizeof(number))) number = 0;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%d-%016llx", static_cast<int>(::getpid()),
                static_cast<unsigned long long>(number));
  return text.data();
}

void write_all(const base::UniqueFd& to, const char* bytes, std::size_t size, const std::filesystem::path& path) {
  while (size > 0) {
    const ssize_t count = ::write(to.get(), bytes, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse_copy("cannot write", path, errno);
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
}

void copy_bytes(const ModuleFile& file, const base::UniqueFd& to, const std::filesystem::path& path) {
  std::vector<char> room(std::size_t{1} << 16);
  off_t offset = 0;
  while (offset < file.status.st_size) {
    const ssize_t count = ::pread(file.descriptor.get(), room.data(), room.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse_copy("cannot read", file.path, errno);
    if (count == 0) return;
    write_all(to, room.data(), static_cast<std::size_t>(count), path);
    offset += count;
  }
}

bool unchanged(const ModuleFile& file) {
  struct ::stat now {};
  if (::fstat(file.descriptor.get(), &now) != 0) return false;
  return now.st_size == file.status.st_size && now.st_mtim.tv_sec == file.status.st_mtim.tv_sec &&
         now.st_mtim.tv_nsec == file.status.st_mtim.tv_nsec;
}

// Lets the run user pass through to his own directory, not look around.
void open_to_others(const TrustedDirectory& directory) {
  const base::UniqueFd writable = open_directory(directory.descriptor, ".");
  struct ::stat status {};
  if (!writable || ::fstat(writable.get(), &status) != 0) refuse_copy("cannot examine", directory.path, errno);
  const mode_t mode = status.st_mode & 07777;
  if ((mode & 0011) != 0011 && ::fchmod(writable.get(), mode | 0011) != 0)
    refuse_copy("cannot change the mode of", directory.path, errno);
}

}  // namespace

void prepare_private_copies(const std::filesystem::path& state, uid_t user, gid_t group) {
  const TrustedDirectory directory = make_directory(state);
  if (user != ::geteuid()) open_to_others(directory);
  make_modules(directory, user, group);
}

PrivateCopies::PrivateCopies(const std::filesystem::path& state) {
  const TrustedDirectory directory = make_directory(state);
  modules_ = make_modules(directory, ::geteuid(), ::getegid());
  const std::filesystem::path modules = directory.path / ("modules." + std::to_string(::geteuid()));
  struct ::statvfs system {};
  if (::fstatvfs(modules_.get(), &system) == 0 && (system.f_flag & ST_NOEXEC) != 0)
    throw base::Refusal(refused(
        code::not_copied, "no module can be loaded from " + modules.string() + ": its file system is mounted noexec",
        "set server.state to a directory on another file system"));
  // Nobody may sweep between our mkdir and our lock.
  if (!lock(modules_, LOCK_EX)) refuse_copy("cannot lock", modules, errno);
  sweep(modules_, modules);
  name_ = fresh_name();
  path_ = modules / name_;
  if (::mkdirat(modules_.get(), name_.c_str(), 0700) != 0) refuse_copy("cannot make the directory", path_, errno);
  directory_ = open_directory(modules_, name_);
  if (!directory_ || !lock(directory_, LOCK_EX | LOCK_NB)) refuse_copy("cannot lock", path_, errno);
  lock(modules_, LOCK_UN);
}

PrivateCopies::~PrivateCopies() {
  directory_.reset();
  const base::UniqueFd again = open_directory(modules_, name_);
  if (again && lock(again, LOCK_EX | LOCK_NB)) remove_tree(path_);
}

std::filesystem::path PrivateCopies::copy(const ModuleFile& file) {
  const std::string number = std::to_string(++copies_);
  const std::filesystem::path path = path_ / number / file.path.filename();
  if (::mkdirat(directory_.get(), number.c_str(), 0700) != 0)
    refuse_copy("cannot make the directory", path.parent_path(), errno);
  const base::UniqueFd parent = open_directory(directory_, number);
  if (!parent) refuse_copy("cannot open the directory", path.parent_path(), errno);
  const base::UniqueFd to(
      ::openat(parent.get(), path.filename().c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to) refuse_copy("cannot make the file", path, errno);
  copy_bytes(file, to, path);
  const NoteReading note = read_note(to.get());
  if (!unchanged(file) || !note.note || note.note->manifest != file.note.manifest)
    throw base::Refusal(refused(code::not_copied, "file " + file.path.string() + " changed while it was being loaded",
                                "replace a module with mv, not by writing into it, and try again"));
  // Readable for the probe, which has no rights; the directories above keep everybody else out.
  if (::fchmod(to.get(), 0444) != 0) refuse_copy("cannot change the mode of", path, errno);
  return path;
}

void PrivateCopies::remove(const std::filesystem::path& copy) noexcept { remove_tree(copy.parent_path()); }

bool PrivateCopies::holds(const std::filesystem::path& copy, const ModuleFile& file) {
  const base::UniqueFd ours(::open(copy.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct ::stat status {};
  if (!ours || ::fstat(ours.get(), &status) != 0 || status.st_size != file.status.st_size) return false;
  std::vector<char> left(std::size_t{1} << 16), right(left.size());
  for (off_t offset = 0; offset < status.st_size;) {
    const ssize_t count = ::pread(ours.get(), left.data(), left.size(), offset);
    if (count <= 0) return false;
    if (::pread(file.descriptor.get(), right.data(), static_cast<std::size_t>(count), offset) != count) return false;
    if (!std::equal(left.begin(), left.begin() + count, right.begin())) return false;
    offset += count;
  }
  return true;
}

}  // namespace kirsch::loader
