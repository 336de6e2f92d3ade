// `kirsch module list` and `info`: what the files of the plugins directories say of themselves. No code of them runs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/exit_code.h"
#include "server/module_search.h"

namespace kirsch::command {

// Where to look: `paths` if there are any, else what the configuration says, else (and where there is no
// configuration) beside the binary.
struct ModulePlaces {
  std::filesystem::path configuration;
  std::vector<std::string> paths;
};

// Throws base::Refusal.
server::ModuleSearch search(const ModulePlaces& places);

base::ExitCode list_modules(const ModulePlaces& places, bool json) noexcept;

// `name`: of a module or of something it provides.
base::ExitCode show_module(const ModulePlaces& places, const std::string& name, bool json) noexcept;

}  // namespace kirsch::command
