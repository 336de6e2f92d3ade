// Walks the configuration and the values in it.
#include "server/named_modules.h"

namespace kirsch::server {

const loader::Provided& named_provider(const loader::Catalogue& catalogue, const base::ProviderUse& use) {
  for (const auto* provided : catalogue.providers(use.service)) {
    if (provided->offer().name == use.name) return *provided;
  }
  throw base::Refusal(
      base::Diagnostic{.code = "M206",
                       .message = "nothing named '" + use.name + "' provides the service " + use.service,
                       .exit_code = base::ExitCode::module_refused});
}

namespace {

void name_providers(const loader::Catalogue& catalogue, const base::Value& value, Files& files) {
  if (const auto* structure = std::get_if<base::Structure>(&value.data)) {
    for (const auto& item : structure->values) name_providers(catalogue, item, files);
  } else if (const auto* list = std::get_if<base::Value::List>(&value.data)) {
    for (const auto& item : *list) name_providers(catalogue, item, files);
  } else if (const auto* map = std::get_if<base::Value::Map>(&value.data)) {
    for (const auto& [key, item] : *map) name_providers(catalogue, item, files);
  } else if (const auto* choice = std::get_if<base::Choice>(&value.data)) {
    for (const auto& item : choice->value) name_providers(catalogue, item, files);
  } else if (const auto* use = std::get_if<base::ProviderUse>(&value.data)) {
    files.insert(named_provider(catalogue, *use).file);
    for (const auto& item : use->options) name_providers(catalogue, item, files);
  }
}

}  // namespace

bool belongs_to(Share share, const loader::ModuleFile& file) {
  return share == Share::all || (share == Share::keeper) == file.manifest->in_keeper;
}

Files named_files(const Blueprint& blueprint, loader::Phase phase, Share share) {
  Files files;
  const auto& configuration = blueprint.configuration;
  const auto& catalogue = blueprint.catalogue;
  for (const auto& use : configuration.engine) {
    const auto* file = catalogue.find(loader::Kind::plugin, use.name)->file;
    if (file->manifest->phase != phase || !belongs_to(share, *file)) continue;
    files.insert(file);
    name_providers(catalogue, use.options, files);
  }
  if (phase == loader::Phase::early) return files;
  for (const auto& site : configuration.sites) {
    for (const auto& path : site.paths) {
      for (const auto& tool : path.tools) {
        files.insert(catalogue.find(loader::Kind::tool, tool.name)->file);
        name_providers(catalogue, *tool.options, files);
      }
      if (!path.handler) continue;
      files.insert(catalogue.find(loader::Kind::handler, path.handler->name)->file);
      name_providers(catalogue, *path.handler->options, files);
    }
  }
  return files;
}

}  // namespace kirsch::server
