// Directories, trusted owners and what this server offers to modules.
#include "server/module_search.h"

#include <pwd.h>
#include <unistd.h>

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

}  // namespace

ModuleSearch find_modules(const config::PluginSettings& settings) {
  ModuleSearch search{directories_of(settings), {}};
  search.catalogue = loader::Catalogue::scan(search.directories, trust_of(settings), host_abi());
  return search;
}

}  // namespace kirsch::server
