// Directories, trusted owners and what this server offers to modules.
#include "server/module_search.h"

#include <pwd.h>
#include <unistd.h>

#include <charconv>

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

// A name, or a number where the user has none (files of a container's volume).
uid_t user_of(const std::string& owner) {
  uid_t number = 0;
  const auto end = owner.data() + owner.size();
  if (std::from_chars(owner.data(), end, number) == std::from_chars_result{end, std::errc{}}) return number;
  const passwd* user = ::getpwnam(owner.c_str());
  if (user == nullptr)
    throw base::Refusal(
        base::Diagnostic{.code = "C070",
                         .message = "plugins.owners names the user '" + owner + "', who does not exist",
                         .help = "write the name or the number of the user whose modules are to be trusted"});
  return user->pw_uid;
}

loader::Trust trust_of(const config::PluginSettings& settings) {
  // Who started the server. Asked once: after a privilege drop nobody becomes trusted who was not before.
  static const uid_t starter = ::getuid();
  std::vector<uid_t> owners{starter};
  for (const auto& owner : settings.owners) owners.push_back(user_of(owner));
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
