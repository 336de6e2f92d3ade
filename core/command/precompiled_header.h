// What compilations include in a fraction of the time: in the user's cache, for all modules.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kirsch::command {

using Words = std::vector<std::string>;  // of a command

struct Header {
  Words command;      // that compiles it; from what and where to is added
  std::string name;   // as it is included: "kirsch/module.h"
  bool clang;         // whose compiler it is
  std::string state;  // what it depends on beside files: the compiler's version
};

// Options that use it. Makes it unless it is there as its files are now, and takes away what nobody will use: what was
// made of files that are not as they were, and what was not used for a month. `otherwise` is for users without a cache.
// Empty: it cannot be made, and works without, but slower.
Words precompiled(const Header& header, const std::filesystem::path& otherwise);

// Of a rule of make, "object: file file \<newline> file": the files. None where it cannot be read.
std::vector<std::filesystem::path> dependencies(const std::filesystem::path& rule);

}  // namespace kirsch::command
