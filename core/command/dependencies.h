// What a compiler has read, as it says itself.
#pragma once

#include <filesystem>
#include <vector>

namespace kirsch::command {

// Of a rule of make, "object: file file \<newline> file": the files. None where it cannot be read.
std::vector<std::filesystem::path> dependencies(const std::filesystem::path& rule);

}  // namespace kirsch::command
