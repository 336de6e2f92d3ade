// Where modules are looked for, and what is found there.
#pragma once

#include <filesystem>
#include <vector>

#include "config/plugins.h"
#include "loader/catalogue.h"

namespace kirsch::server {

struct ModuleSearch {
  std::vector<std::filesystem::path> directories;
  loader::Catalogue catalogue;
};

// In `plugins.path`, else beside the binary. Reads notes, runs no code of any module. Throws base::Refusal for what is
// wrong with the settings; what is wrong with files is in the catalogue.
ModuleSearch find_modules(const config::PluginSettings& settings);

}  // namespace kirsch::server
