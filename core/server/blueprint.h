// A configuration and the modules it names, checked as far as that is possible without running any of their code.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "config/configuration.h"
#include "loader/catalogue.h"
#include "server/handover.h"

namespace kirsch::server {

struct Blueprint {
  std::filesystem::path file;                      // absolute
  config::EngineChange change;                     // of what the file says
  std::vector<std::string> files;                  // all that the configuration was read from
  std::vector<std::filesystem::path> directories;  // where modules were looked for
  loader::Catalogue catalogue;
  config::Configuration configuration;
  std::vector<base::Diagnostic> warnings;
};

// Throws base::Refusal with everything that is wrong: exit code configuration or module_refused. What was handed over
// is read instead of the files themselves.
Blueprint read_blueprint(const std::filesystem::path& file, const config::EngineChange& change = {},
                         const Handover* handover = nullptr);
// The same of a document; `file` is its name. Where it names no directory of modules, they are looked for in
// `directories`.
Blueprint blueprint_of(const config::Document& document, const std::filesystem::path& file,
                       std::span<const std::filesystem::path> directories);
// As read_blueprint, from the files, with what others shall read in their place.
std::pair<Blueprint, Handover> read_for_others(const std::filesystem::path& file, const config::EngineChange& change);

}  // namespace kirsch::server
