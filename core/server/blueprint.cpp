// The same steps for `kirsch check` and for a start, so that both give the same verdict.
#include "server/blueprint.h"

#include <unistd.h>

#include <algorithm>

#include "loader/service_order.h"
#include "server/module_catalogue.h"
#include "server/module_search.h"
#include "server/named_modules.h"
#include "server/required_services.h"

namespace kirsch::server {
namespace {

namespace fs = std::filesystem;

int start_priority(const config::PluginUse& use, const loader::Offer& offer) {
  constexpr int late = 85;
  for (const auto& channel : offer.channels) {
    if (channel.channel == loader::Channel::start) return use.priority.value_or(channel.priority.value_or(late));
  }
  return late;
}

// A late plugin is loaded at 80 and cannot listen before.
void check_late(const Blueprint& blueprint, std::vector<base::Diagnostic>& errors) {
  for (const auto& use : blueprint.configuration.engine) {
    const auto* provided = blueprint.catalogue.find(loader::Kind::plugin, use.name);
    const int priority = start_priority(use, provided->offer());
    if (provided->file->manifest->phase == loader::Phase::early || priority >= 80) continue;
    errors.push_back(
        {.code = "C071",
         .message = "the plugin '" + use.name + "' starts at 80 or later, not at " + std::to_string(priority),
         .position = use.priority ? use.priority_origin : use.origin,
         .help = "modules of phase late are loaded at 80, after privileges were dropped"});
  }
}

// Early plugins, and whoever provides services to them, run with the rights of who started the server.
void check_early(const Blueprint& blueprint, std::vector<base::Diagnostic>& errors) {
  for (const auto* file : loader::service_order(blueprint.catalogue, named_files(blueprint, loader::Phase::early))) {
    const auto& name = file->manifest->name;
    if (file->manifest->phase == loader::Phase::late)
      errors.push_back({.code = "C071",
                        .message = "an early plugin requires the module '" + name + "', which is late",
                        .help = "file " + file->path.string() +
                                ": only modules of phase early are loaded before privileges are dropped",
                        .exit_code = base::ExitCode::module_refused});
    if (::geteuid() == 0 && file->status.st_uid != 0)
      errors.push_back({.code = "C079",
                        .message = "the early module '" + name + "' runs as root, but its file does not belong to root",
                        .help = "chown root '" + file->path.string() + "'",
                        .exit_code = base::ExitCode::module_refused});
  }
}

void check_phases(const Blueprint& blueprint) {
  std::vector<base::Diagnostic> errors;
  check_late(blueprint, errors);
  check_early(blueprint, errors);
  if (!errors.empty()) throw base::Refusal(std::move(errors));
}

}  // namespace

Blueprint read_blueprint(const fs::path& file, const config::EngineChange& change) {
  const auto document = config::Document::from_file(file);
  ModuleSearch found = find_modules(config::plugin_settings(document));
  Blueprint blueprint{.file = fs::absolute(file),
                      .change = change,
                      .directories = std::move(found.directories),
                      .catalogue = std::move(found.catalogue),
                      .configuration = {},
                      .warnings = {}};
  if (!found.errors.empty()) throw base::Refusal(std::move(found.errors));
  blueprint.configuration =
      config::compile(document, ModuleCatalogue(blueprint.catalogue, blueprint.directories), change);
  check_phases(blueprint);
  const auto order = loader::service_order(blueprint.catalogue, named_files(blueprint, loader::Phase::late));
  static_cast<void>(required_services(blueprint, order));
  blueprint.warnings = blueprint.catalogue.warnings();
  std::ranges::copy(blueprint.configuration.warnings, std::back_inserter(blueprint.warnings));
  return blueprint;
}

}  // namespace kirsch::server
