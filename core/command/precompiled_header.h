// What compilations include in a fraction of the time: in a cache, for all modules.
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

// Options that use it. Makes it in `cache` unless it is there as its files are now, and takes away what nobody will
// use: what was made of files that are not as they were, and what was not used for a month. Empty: it cannot be made,
// and works without, but slower.
Words precompiled(const Header& header, const std::filesystem::path& cache);

}  // namespace kirsch::command
