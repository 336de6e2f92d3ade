// The same steps for `kirsch check` and for a start, so that what the one refuses the other refuses, in the same words.
#include "server/blueprint.h"

#include <unistd.h>

#include <algorithm>
#include <functional>

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

// What only the modules and the configuration together can tell. Reported with the lines of the configuration.
class ModuleCheck {
 public:
  ModuleCheck(const Blueprint& blueprint, const config::Document& document, config::Findings& findings)
      : blueprint_(blueprint), document_(document), findings_(findings) {}

  void add(base::Diagnostic diagnostic) {
    if (diagnostic.position) diagnostic.source_line = config::shown(document_.line(*diagnostic.position));
    findings_.add(std::move(diagnostic));
  }

  // A late plugin is loaded at 80 and cannot listen before.
  void check_late() {
    for (const auto& use : blueprint_.configuration.engine) {
      const auto* provided = blueprint_.catalogue.find(loader::Kind::plugin, use.name);
      const int priority = start_priority(use, provided->offer());
      if (provided->file->manifest->phase == loader::Phase::early || priority >= 80) continue;
      add({.code = "C071",
           .message = "the plugin '" + use.name + "' starts at 80 or later, not at " + std::to_string(priority),
           .position = use.priority ? use.priority_origin : use.origin,
           .help = "modules of phase late are loaded at 80, after privileges were dropped"});
    }
  }

  // Early plugins, and whoever provides services to them, run with the rights of who started the server.
  void check_early() {
    for (const auto* file : order(loader::Phase::early)) {
      const auto& name = file->manifest->name;
      if (file->manifest->phase == loader::Phase::late)
        add({.code = "C071",
             .message = "an early plugin requires the module '" + name + "', which is late",
             .position = early_place(*file),
             .help = "file " + file->path.string() +
                     ": only modules of phase early are loaded before privileges are dropped",
             .exit_code = base::ExitCode::module_refused});
      if (::geteuid() == 0 && file->status.st_uid != 0)
        add({.code = "C079",
             .message = "the early module '" + name + "' runs as root, but its file does not belong to root",
             .position = early_place(*file),
             .help = "chown root '" + file->path.string() + "'",
             .exit_code = base::ExitCode::module_refused});
    }
  }

  // A configuration with faults does not say who is in use.
  void check_services() {
    if (findings_.error_count() != 0) return;
    const auto loaded = order(loader::Phase::late);
    collect([&] { static_cast<void>(required_services(blueprint_, loaded)); });
  }

 private:
  void collect(const std::function<void()>& work) {
    try {
      work();
    } catch (const base::Refusal& refusal) {
      for (const auto& one : refusal.diagnostics()) add(one);
    }
  }

  std::vector<const loader::ModuleFile*> order(loader::Phase phase) {
    std::vector<const loader::ModuleFile*> files;
    collect([&] { files = loader::service_order(blueprint_.catalogue, named_files(blueprint_, phase)); });
    return files;
  }

  // Where the first early plugin stands that needs `file`.
  std::optional<base::Position> early_place(const loader::ModuleFile& file) {
    for (const auto& use : blueprint_.configuration.engine) {
      const auto* plugin = blueprint_.catalogue.find(loader::Kind::plugin, use.name)->file;
      if (plugin->manifest->phase == loader::Phase::early && needs(blueprint_, use, file)) return use.origin;
    }
    return std::nullopt;
  }

  const Blueprint& blueprint_;
  const config::Document& document_;
  config::Findings& findings_;
};

// Faulty files that nobody names; what is said as an error is not said again.
void add_warnings(const loader::Catalogue& catalogue, config::Findings& findings) {
  for (auto& warning : catalogue.warnings()) {
    const auto& errors = findings.errors();
    if (std::ranges::find(errors, warning.message, &base::Diagnostic::message) == errors.end())
      findings.add(std::move(warning));
  }
}

Blueprint checked(const config::Document& document, const fs::path& file, const config::EngineChange& change,
                  const Handover* handover, std::span<const fs::path> directories) {
  config::Findings findings;
  auto settings = config::plugin_settings(document, findings);
  if (settings.path.empty())
    for (const auto& directory : directories) settings.path.push_back({directory.string(), {}});
  ModuleSearch found = find_modules(settings, handover);
  const bool complete = found.complete && findings.error_count() == 0;
  Blueprint blueprint{.file = fs::absolute(file),
                      .change = change,
                      .files = document.files(),
                      .directories = std::move(found.directories),
                      .catalogue = std::move(found.catalogue),
                      .configuration = {},
                      .warnings = {}};
  ModuleCheck check(blueprint, document, findings);
  for (auto& error : found.errors) check.add(std::move(error));
  blueprint.configuration = config::compile(
      document, ModuleCatalogue(blueprint.catalogue, blueprint.directories, complete), change, findings);
  check.check_late();
  check.check_early();
  check.check_services();
  add_warnings(blueprint.catalogue, findings);
  findings.refuse();
  blueprint.warnings = findings.warnings();
  return blueprint;
}

}  // namespace

Blueprint read_blueprint(const fs::path& file, const config::EngineChange& change, const Handover* handover) {
  std::optional<config::Snapshot::Replay> replay;
  if (handover != nullptr) replay.emplace(handover->snapshot());
  return checked(config::Document::from_file(file), file, change, handover, {});
}

Blueprint blueprint_of(const config::Document& document, const fs::path& file, std::span<const fs::path> directories) {
  return checked(document, file, {}, nullptr, directories);
}

std::pair<Blueprint, Handover> read_for_others(const fs::path& file, const config::EngineChange& change) {
  config::Snapshot snapshot;
  const config::Snapshot::Recording recording(snapshot);
  auto blueprint = read_blueprint(file, change);
  Handover handover(std::move(snapshot), blueprint.catalogue);
  return {std::move(blueprint), std::move(handover)};
}

}  // namespace kirsch::server
