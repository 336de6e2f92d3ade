// The same steps for `kirsch check` and for a start, so that both give the same verdict.
#include "server/blueprint.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "loader/service_order.h"
#include "pipeline/host.h"
#include "server/module_catalogue.h"
#include "server/named_modules.h"

namespace kirsch::server {
namespace {

namespace fs = std::filesystem;

// Beside the binary: a build tree, or an installation.
std::vector<fs::path> default_directories() {
  std::error_code error;
  const auto binary = fs::read_symlink("/proc/self/exe", error).parent_path();
  std::vector<fs::path> found;
  for (const auto* relative : {"../plugins", "../lib/kirsch/plugins"}) {
    auto directory = (binary / relative).lexically_normal();
    if (fs::is_directory(directory, error)) found.push_back(std::move(directory));
  }
  return found;
}

std::vector<fs::path> directories_of(const config::PluginSettings& settings) {
  if (settings.path.empty()) return default_directories();
  std::vector<fs::path> directories;
  std::vector<base::Diagnostic> missing;
  for (const auto& directory : settings.path) {
    std::error_code error;
    directories.emplace_back(directory.path);
    if (fs::is_directory(directory.path, error)) continue;
    missing.push_back({.code = "C077",
                       .message = "the plugins directory " + directory.path + " is not there",
                       .position = directory.origin,
                       .help = "make it, or take it out of plugins.path"});
  }
  if (!missing.empty()) throw base::Refusal(std::move(missing));
  return directories;
}

loader::Trust trust_of(const config::PluginSettings& settings) {
  std::vector<uid_t> owners{::getuid()};
  for (const auto& name : settings.owners) {
    const passwd* user = ::getpwnam(name.c_str());
    if (user == nullptr) {
      throw base::Refusal(base::Diagnostic{
          .code = "C070", .message = "plugins.owners names the user '" + name + "', who does not exist"});
    }
    owners.push_back(user->pw_uid);
  }
  return loader::Trust(std::move(owners));
}

loader::HostAbi host_abi() {
  loader::HostAbi host;
  for (auto& id : pipeline::Host::features()) host.features.insert(std::move(id));
  return host;
}

int start_priority(const config::PluginUse& use, const loader::Offer& offer) {
  constexpr int late = 85;
  for (const auto& channel : offer.channels) {
    if (channel.channel == loader::Channel::start) return use.priority.value_or(channel.priority.value_or(late));
  }
  return late;
}

// A late plugin is loaded at 80 and cannot listen before; an early one runs with the rights of who started the server.
void check_phases(const Blueprint& blueprint) {
  std::vector<base::Diagnostic> errors;
  for (const auto& use : blueprint.configuration.engine) {
    const auto* provided = blueprint.catalogue.find(loader::Kind::plugin, use.name);
    const auto& file = *provided->file;
    const int priority = start_priority(use, provided->offer());
    if (file.manifest->phase == loader::Phase::late && priority < 80) {
      errors.push_back(
          {.code = "C071",
           .message = "the plugin '" + use.name + "' starts at 80 or later, not at " + std::to_string(priority),
           .position = use.priority ? use.priority_origin : use.origin,
           .help = "modules of phase late are loaded at 80, after privileges were dropped"});
    }
    if (file.manifest->phase == loader::Phase::early && ::geteuid() == 0 && file.status.st_uid != 0) {
      errors.push_back({.code = "C079",
                        .message = "the plugin '" + use.name + "' runs as root, but its file does not belong to root",
                        .position = use.origin,
                        .help = "chown root " + file.path.string(),
                        .exit_code = base::ExitCode::module_refused});
    }
  }
  if (!errors.empty()) throw base::Refusal(std::move(errors));
}

}  // namespace

Blueprint read_blueprint(const fs::path& file) {
  const auto document = config::Document::from_file(file);
  const auto plugins = config::plugin_settings(document);
  Blueprint blueprint{.directories = directories_of(plugins), .catalogue = {}, .configuration = {}, .warnings = {}};
  blueprint.catalogue = loader::Catalogue::scan(blueprint.directories, trust_of(plugins), host_abi());
  if (!blueprint.catalogue.errors().empty()) throw base::Refusal(blueprint.catalogue.errors());
  blueprint.configuration = config::compile(document, ModuleCatalogue(blueprint.catalogue, blueprint.directories));
  check_phases(blueprint);
  for (const auto phase : {loader::Phase::early, loader::Phase::late}) {
    static_cast<void>(loader::service_order(blueprint.catalogue, named_files(blueprint, phase)));
  }
  blueprint.warnings = blueprint.catalogue.warnings();
  std::ranges::copy(blueprint.configuration.warnings, std::back_inserter(blueprint.warnings));
  return blueprint;
}

}  // namespace kirsch::server
