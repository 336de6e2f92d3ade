// `kirsch module build`: the module of a folder, without CMake.
#pragma once

#include <chrono>

#include "command/project.h"
#include "command/toolchain.h"

namespace kirsch::command {

struct Build {
  bool good = false;
  bool changed = false;         // something had to be built
  std::filesystem::path file;   // the module
  std::filesystem::path tests;  // the program of them
  std::string said;             // by the compiler, as it is
  std::chrono::milliseconds time{};
};

// Compiles what is older than what it is made of, several sources at a time, and writes compile_commands.json. The
// module takes its place when it is complete; where something fails, the one of before stays.
Build build(const Project& project, Toolchain& tools, const std::filesystem::path& folder);
// The same, and the program of its tests.
Build build_with_tests(const Project& project, Toolchain& tools, const std::filesystem::path& folder);

// Where modules of a project are found while it is developed: its own, which is made, and those beside this binary.
// Throws base::Refusal where there are none of those.
std::vector<std::string> plugins_of(const Project& project, const std::filesystem::path& folder);

std::string seconds_text(std::chrono::milliseconds time);  // "0.9 s"

base::ExitCode build_module() noexcept;

}  // namespace kirsch::command
