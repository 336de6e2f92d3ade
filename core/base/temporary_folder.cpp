// mkdtemp chooses the name and makes it 0700.
#include "base/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace kirsch::base {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder(const std::string& name) {
  std::string path = (fs::temp_directory_path() / (name + "-XXXXXX")).string();
  if (::mkdtemp(path.data()) == nullptr)
    throw fs::filesystem_error("no temporary folder", path, std::error_code(errno, std::generic_category()));
  path_ = path;
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
