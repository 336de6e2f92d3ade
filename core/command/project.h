// The folder of a module that is developed: what its CMakeLists.txt says with kirsch_add_module, and where its files
// go.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace kirsch::command {

struct Project {
  std::filesystem::path folder;  // absolute
  std::string name;              // of the module
  std::vector<std::filesystem::path> sources;
  std::vector<std::filesystem::path> tests;  // sources of them

  // Throws base::Refusal if `folder` is none, or needs what only CMake can find.
  static Project in(const std::filesystem::path& folder);

  std::filesystem::path build() const { return folder / "build"; }
};

// Makes it, and what is missing above it. Only its owner may write into what it makes, whatever the umask says: from
// folders where others may, no server loads. Throws std::filesystem::filesystem_error.
void make_folder(const std::filesystem::path& folder);

// The whole file; empty where it cannot be read.
std::string contents_of(const std::filesystem::path& file);

// What stops a verb for authors. Exit code: usage.
base::Refusal project_refusal(std::string message, std::string help = {});

}  // namespace kirsch::command
