// Where modules are looked for, and what is found there.
#pragma once

#include <filesystem>
#include <vector>

#include "config/plugins.h"
#include "loader/catalogue.h"
#include "server/handover.h"

namespace kirsch::server {

struct ModuleSearch {
  std::vector<std::filesystem::path> directories;
  loader::Catalogue catalogue;
  // What must stop a start whoever is named: directories that are missing or not to be trusted, owners who do not
  // exist, names that two files provide.
  std::vector<base::Diagnostic> errors;
  bool complete = true;  // false: some directory could not be looked into
};

// In `plugins.path`, else beside the binary, or what was handed over. Reads notes, runs no code of any module.
ModuleSearch find_modules(const config::PluginSettings& settings, const Handover* handover = nullptr);

// What this server offers to modules.
loader::HostAbi host_abi();

}  // namespace kirsch::server
