// Only its owner may look into it, as the trust in private copies of modules wants it.
#include "testing/state_folder.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace kirsch::testing {

StateFolder::StateFolder() {
  std::string name = std::filesystem::temp_directory_path() / "kirsch-testing-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    throw std::filesystem::filesystem_error("no folder for the state", name,
                                            std::error_code(errno, std::generic_category()));
  path_ = name;
}

StateFolder::~StateFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace kirsch::testing
