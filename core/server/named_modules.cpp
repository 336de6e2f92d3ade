// Walks the configuration and the values in it.
#include "server/named_modules.h"

#include <functional>

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

bool belongs_to(Share share, const loader::ModuleFile& file) {
  return share == Share::all || (share == Share::keeper) == file.manifest->in_keeper;
}

namespace {

using Visit = std::function<void(const loader::ModuleFile& file, const base::Position& place)>;

void visit_providers(const loader::Catalogue& catalogue, const base::Value& value, const Visit& visit) {
  if (const auto* structure = std::get_if<base::Structure>(&value.data)) {
    for (const auto& item : structure->values) visit_providers(catalogue, item, visit);
  } else if (const auto* list = std::get_if<base::Value::List>(&value.data)) {
    for (const auto& item : *list) visit_providers(catalogue, item, visit);
  } else if (const auto* map = std::get_if<base::Value::Map>(&value.data)) {
    for (const auto& [key, item] : *map) visit_providers(catalogue, item, visit);
  } else if (const auto* choice = std::get_if<base::Choice>(&value.data)) {
    for (const auto& item : choice->value) visit_providers(catalogue, item, visit);
  } else if (const auto* use = std::get_if<base::ProviderUse>(&value.data)) {
    visit(*named_provider(catalogue, *use).file, value.origin);
    for (const auto& item : use->options) visit_providers(catalogue, item, visit);
  }
}

// Everything that the engine's plugins of that share name, those of one phase or all.
void visit_engine(const Blueprint& blueprint, std::optional<loader::Phase> phase, Share share, const Visit& visit) {
  for (const auto& use : blueprint.configuration.engine) {
    const auto* file = blueprint.catalogue.find(loader::Kind::plugin, use.name)->file;
    if ((phase && file->manifest->phase != *phase) || !belongs_to(share, *file)) continue;
    visit(*file, use.origin);
    visit_providers(blueprint.catalogue, use.options, visit);
  }
}

void visit_sites(const Blueprint& blueprint, const Visit& visit) {
  const auto& catalogue = blueprint.catalogue;
  for (const auto& site : blueprint.configuration.sites) {
    for (const auto& path : site.paths) {
      for (const auto& tool : path.tools) {
        visit(*catalogue.find(loader::Kind::tool, tool.name)->file, tool.origin);
        visit_providers(catalogue, *tool.options, visit);
      }
      if (!path.handler) continue;
      visit(*catalogue.find(loader::Kind::handler, path.handler->name)->file, path.handler->origin);
      visit_providers(catalogue, *path.handler->options, visit);
    }
  }
}

}  // namespace

Files named_files(const Blueprint& blueprint, loader::Phase phase, Share share) {
  Files files;
  const auto add = [&](const loader::ModuleFile& file, const base::Position&) { files.insert(&file); };
  const bool early = phase == loader::Phase::early;
  visit_engine(blueprint, early ? std::optional(phase) : std::nullopt, share, add);
  if (!early) visit_sites(blueprint, add);
  return files;
}

void each_provider(const loader::Catalogue& catalogue, const base::Value& value,
                   const std::function<void(const loader::ModuleFile& file)>& visit) {
  visit_providers(catalogue, value, [&](const loader::ModuleFile& file, const base::Position&) { visit(file); });
}

Files files_of_engine(const Blueprint& blueprint, Share share) {
  Files files;
  visit_engine(blueprint, std::nullopt, share,
               [&](const loader::ModuleFile& file, const base::Position&) { files.insert(&file); });
  return files;
}

Files files_of_sites(const Blueprint& blueprint) {
  Files files;
  visit_sites(blueprint, [&](const loader::ModuleFile& file, const base::Position&) { files.insert(&file); });
  return files;
}

std::optional<base::Position> naming_place(const Blueprint& blueprint, const loader::ModuleFile& file) {
  std::optional<base::Position> found;
  const auto compare = [&](const loader::ModuleFile& named, const base::Position& place) {
    if (!found && &named == &file && place.line != 0) found = place;
  };
  visit_engine(blueprint, std::nullopt, Share::all, compare);
  visit_sites(blueprint, compare);
  return found;
}

bool needs(const Blueprint& blueprint, const config::PluginUse& use, const loader::ModuleFile& file) {
  const auto& catalogue = blueprint.catalogue;
  std::vector<const loader::ModuleFile*> open{catalogue.find(loader::Kind::plugin, use.name)->file};
  visit_providers(catalogue, use.options,
                  [&](const loader::ModuleFile& named, const base::Position&) { open.push_back(&named); });
  Files seen(open.begin(), open.end());
  while (!open.empty()) {
    const auto* one = open.back();
    open.pop_back();
    for (const auto& service : one->manifest->services)
      for (const auto* provided : catalogue.providers(service))
        if (seen.insert(provided->file).second) open.push_back(provided->file);
  }
  return seen.contains(&file);
}

}  // namespace kirsch::server
