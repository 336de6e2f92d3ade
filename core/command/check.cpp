// For people: mistakes on standard error, a summary on standard output. For programs: one object.
#include "command/check.h"

#include <algorithm>
#include <iostream>

#include "command/diagnostic_json.h"
#include "command/json.h"
#include "command/terminal.h"
#include "server/blueprint.h"
#include "server/certificate_files.h"

namespace kirsch::command {
namespace {

struct Counts {
  std::size_t listeners = 0, sites = 0, paths = 0;
};

Counts counts_of(const config::Configuration& configuration) {
  Counts counts{configuration.listeners.size(), configuration.sites.size(), 0};
  for (const auto& site : configuration.sites) {
    for (const auto& path : site.paths) counts.paths += path.first && path.origin.line != 0 ? 1 : 0;
  }
  return counts;
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

base::ExitCode check_for_programs(const std::filesystem::path& file) {
  base::ExitCode code = base::ExitCode::ok;
  std::vector<base::Diagnostic> errors, warnings;
  Counts counts;
  try {
    const auto blueprint = server::read_blueprint(file);
    warnings = blueprint.warnings;
    std::ranges::copy(server::check_certificates(blueprint.configuration), std::back_inserter(warnings));
    counts = counts_of(blueprint.configuration);
  } catch (const base::Refusal& refusal) {
    for (const auto& one : refusal.diagnostics())
      (one.severity == base::Severity::error ? errors : warnings).push_back(one);
    code = refusal.exit_code();
  }
  JsonWriter json;
  json.open_object().field("ok", errors.empty()).field("file", file.string());
  for (const auto& [name, list] : {std::pair("errors", &errors), std::pair("warnings", &warnings)}) {
    json.key(name).open_array();
    for (const auto& one : *list) write(json, one);
    json.close_array();
  }
  json.field("listeners", counts.listeners).field("sites", counts.sites).field("paths", counts.paths);
  std::cout << json.close_object().text();
  return code;
}

}  // namespace

base::ExitCode check(const std::filesystem::path& file, bool json) noexcept {
  return guarded([&] {
    if (json) return check_for_programs(file);
    const auto blueprint = server::read_blueprint(file);
    print(blueprint.warnings);
    print(server::check_certificates(blueprint.configuration));
    const auto counts = counts_of(blueprint.configuration);
    std::cout << file.string() << " is fine: " << counted(counts.listeners, "listener") << ", "
              << counted(counts.sites, "site") << ", " << counted(counts.paths, "path") << '\n';
    return base::ExitCode::ok;
  });
}

}  // namespace kirsch::command
