// STATE_DIRECTORY is systemd's; it may name several directories, of which the first is ours.
#include "server/state_directory.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/diagnostic.h"
#include "base/unique_fd.h"
#include "loader/private_copy.h"

namespace kirsch::server {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

fs::path cache_directory() {
  if (const auto cache = environment("XDG_CACHE_HOME"); cache.starts_with('/')) return cache;
  if (const auto home = environment("HOME"); home.starts_with('/')) return fs::path(home) / ".cache";
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr ? fs::path(user->pw_dir) / ".cache" : fs::path("/var/tmp");
}

[[noreturn]] void refuse(const fs::path& path, const std::string& what) {
  throw base::Refusal(base::Diagnostic{
      .code = "C072",
      .message = "the state directory " + path.string() + " cannot be " + what + ": " + std::strerror(errno),
      .help = "name another one: server: { state: /path }",
      .exit_code = base::ExitCode::bind_or_permission});
}

void make_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) refuse(path, "made");
}

fs::path spool_of(const fs::path& state, uid_t user) { return state / ("spool." + std::to_string(user)); }

}  // namespace

fs::path state_path(const std::optional<std::string>& configured) {
  if (configured) return *configured;
  if (const auto given = environment("STATE_DIRECTORY"); given.starts_with('/'))
    return given.substr(0, given.find(':'));
  return ::geteuid() == 0 ? fs::path("/var/lib/kirsch") : cache_directory() / "kirsch";
}

fs::path state_directory(const std::optional<std::string>& configured) {
  auto path = state_path(configured);
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  make_directory(path);
  return path;
}

fs::path spool_directory(const fs::path& state) {
  auto path = spool_of(state, ::geteuid());
  make_directory(path);
  return path;
}

void give_state(const fs::path& state, uid_t user, gid_t group) {
  loader::prepare_private_copies(state, user, group);
  const auto path = spool_of(state, user);
  make_directory(path);
  const base::UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory || ::fchown(directory.get(), user, group) != 0) refuse(path, "given to its user");
}

}  // namespace kirsch::server
