// Directories, trusted owners and what this server offers to modules.
#include "server/module_search.h"

#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <optional>

#include "pipeline/host.h"

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

std::optional<base::Position> place(const base::Position& origin) {
  return origin.file.empty() ? std::nullopt : std::optional(origin);
}

// Those that are there.
std::vector<fs::path> directories_of(const config::PluginSettings& settings, std::vector<base::Diagnostic>& errors) {
  if (settings.path.empty()) return default_directories();
  std::vector<fs::path> directories;
  for (const auto& directory : settings.path) {
    std::error_code error;
    if (fs::is_directory(directory.path, error)) {
      directories.emplace_back(directory.path);
      continue;
    }
    errors.push_back({.code = "C077",
                      .message = "the plugins directory " + directory.path + " is not there",
                      .position = place(directory.origin),
                      .help = "make it, or take it out of plugins.path"});
  }
  return directories;
}

// A name, or a number where the user has none (files of a container's volume).
std::optional<uid_t> user_of(const std::string& owner) {
  uid_t number = 0;
  const auto end = owner.data() + owner.size();
  if (std::from_chars(owner.data(), end, number) == std::from_chars_result{end, std::errc{}}) return number;
  const passwd* user = ::getpwnam(owner.c_str());
  return user == nullptr ? std::nullopt : std::optional(user->pw_uid);
}

loader::Trust trust_of(const config::PluginSettings& settings, std::vector<base::Diagnostic>& errors) {
  // Who started the server. Asked once: after a privilege drop nobody becomes trusted who was not before.
  static const uid_t starter = ::getuid();
  std::vector<uid_t> owners{starter};
  for (const auto& owner : settings.owners) {
    if (const auto user = user_of(owner.name))
      owners.push_back(*user);
    else
      errors.push_back({.code = "C070",
                        .message = "plugins.owners names the user '" + owner.name + "', who does not exist",
                        .position = place(owner.origin),
                        .help = "write the name or the number of the user whose modules are to be trusted"});
  }
  return loader::Trust(std::move(owners));
}

// An error of a directory stands where the configuration names it.
base::Diagnostic placed(base::Diagnostic error, const config::PluginSettings& settings) {
  for (const auto& directory : settings.path)
    if (error.position && error.position->line == 0 && error.position->file == directory.path)
      error.position = place(directory.origin);
  return error;
}

}  // namespace

loader::HostAbi host_abi() {
  loader::HostAbi host;
  for (auto& id : pipeline::Host::features()) host.features.insert(std::move(id));
  return host;
}

ModuleSearch find_modules(const config::PluginSettings& settings, const Handover* handover) {
  ModuleSearch search;
  if (handover != nullptr) {
    search.catalogue = handover->catalogue(host_abi());
    return search;
  }
  search.directories = directories_of(settings, search.errors);
  const auto trust = trust_of(settings, search.errors);
  search.complete = search.errors.empty();
  search.catalogue = loader::Catalogue::scan(search.directories, trust, host_abi());
  for (const auto& error : search.catalogue.errors()) {
    search.complete = search.complete && !error.position;
    search.errors.push_back(placed(error, settings));
  }
  return search;
}

}  // namespace kirsch::server
