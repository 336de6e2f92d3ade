// The build that is tested. Tests that only talk to its programs are compiled without its sanitizers.
#pragma once

#include <filesystem>

namespace kirsch::test {

// Where it lies, and the sources it was made from.
std::filesystem::path build_folder();
std::filesystem::path source_folder();

// It takes more time and memory, and reports faults itself.
bool sanitized();

}  // namespace kirsch::test
