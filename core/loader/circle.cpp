// What can be loaded first is loaded in thought, then what that serves, and so on; what is left goes round in circles.
#include "loader/circle.h"

#include <algorithm>
#include <set>
#include <string>

#include "loader/refusal.h"

namespace kirsch::loader {
namespace {

using Ids = std::set<std::string, std::less<>>;

bool provides(const ModuleFile& file, const std::string& service) {
  return std::ranges::any_of(file.manifest->provides, [&](const Offer& offer) {
    return offer.kind == Kind::service && offer.service == service;
  });
}

// The services that are there once everything is loaded that can be.
Ids reachable(std::span<const std::unique_ptr<const ModuleFile>> files) {
  const auto offered_by = [](const ModuleFile& file, Ids& ids) {
    const std::size_t before = ids.size();
    for (const Offer& offer : file.manifest->provides)
      if (offer.kind == Kind::service) ids.insert(offer.service);
    return ids.size() != before;
  };
  Ids reached;
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& file : files)
      if (std::ranges::all_of(file->manifest->services, [&](const auto& id) { return reached.contains(id); }))
        grown = offered_by(*file, reached) || grown;
  }
  return reached;
}

}  // namespace

base::Diagnostic refuse_circle(const Way& way) {
  std::string names, paths;
  for (const ModuleFile* file : way) names += (names.empty() ? "" : " → ") + file->manifest->name;
  for (auto file = way.begin(); file + 1 != way.end(); ++file)
    paths += (paths.empty() ? "" : ", ") + (*file)->path.string();
  return refused(
      code::service_cycle,
      "module '" + way.front()->manifest->name + "' refused: the services that it requires lead in a circle: " + names,
      "none of these can be loaded before the others; change what one of them requires: " + paths);
}

std::map<const ModuleFile*, Way> circles(std::span<const std::unique_ptr<const ModuleFile>> files) {
  const Ids reached = reachable(files);
  const auto obstacle = [&](const ModuleFile& file) -> const ModuleFile* {
    for (const std::string& service : file.manifest->services)
      if (!reached.contains(service))
        return std::ranges::find_if(files, [&](const auto& other) { return provides(*other, service); })->get();
    return nullptr;
  };
  std::map<const ModuleFile*, Way> found;
  for (const auto& file : files) {
    const ModuleFile* next = obstacle(*file);
    if (next == nullptr) continue;
    Way& way = found[file.get()];
    way.push_back(file.get());
    for (; std::ranges::find(way, next) == way.end(); next = obstacle(*next)) way.push_back(next);
    way.push_back(next);
  }
  return found;
}

}  // namespace kirsch::loader
