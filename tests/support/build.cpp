// What CMake knows.
#include "support/build.h"

#include <string_view>

namespace kirsch::test {

std::filesystem::path build_folder() { return KIRSCH_BINARY_DIR; }
std::filesystem::path source_folder() { return KIRSCH_SOURCE_DIR; }
bool sanitized() { return !std::string_view(KIRSCH_SANITIZE).empty(); }

}  // namespace kirsch::test
