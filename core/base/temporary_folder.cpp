// mkdtemp chooses the name and makes it 0700. A lock belongs to the open folder, so the kernel frees it when the last
// process goes that has it.
#include "base/temporary_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace kirsch::base {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view random_part = "-XXXXXX";

UniqueFd opened(const fs::path& folder) {
  return UniqueFd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool is_own(const UniqueFd& folder) {
  struct stat status {};
  return folder && ::fstat(folder.get(), &status) == 0 && status.st_uid == ::geteuid();
}

}  // namespace

TemporaryFolder::TemporaryFolder(const std::string& name) {
  std::error_code error;
  do {  // again where it was swept before it was locked
    std::string path = (fs::temp_directory_path() / (name + std::string(random_part))).string();
    if (::mkdtemp(path.data()) == nullptr)
      throw fs::filesystem_error("no temporary folder", path, std::error_code(errno, std::generic_category()));
    path_ = path;
    lock_ = opened(path_);
    ::flock(lock_.get(), LOCK_EX);
  } while (!fs::exists(path_, error));
}

void TemporaryFolder::sweep(const std::string& name) noexcept try {
  std::error_code error;
  for (auto entry = fs::directory_iterator(fs::temp_directory_path(), error); entry != fs::end(entry);
       entry.increment(error)) {
    const auto found = entry->path().filename().string();
    if (!found.starts_with(name + '-') || found.size() != name.size() + random_part.size()) continue;
    const auto folder = opened(entry->path());
    if (!is_own(folder) || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) continue;
    std::error_code ignored;
    fs::remove_all(entry->path(), ignored);
  }
} catch (const std::exception&) {  // they stay
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TemporaryFolder::clear() const noexcept {
  std::error_code error;
  for (fs::directory_iterator entry(path_, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    fs::remove_all(entry->path(), ignored);
  }
}

}  // namespace kirsch::base
