// A translation between two components that do not know each other.
#include "server/module_catalogue.h"

namespace kirsch::server {
namespace {

loader::Kind loader_kind(config::Kind kind) {
  switch (kind) {
    case config::Kind::tool:
      return loader::Kind::tool;
    case config::Kind::handler:
      return loader::Kind::handler;
    case config::Kind::plugin:
      return loader::Kind::plugin;
    default:
      return loader::Kind::service;
  }
}

}  // namespace

const std::vector<base::Option>* ModuleCatalogue::options(loader::Kind kind, std::string_view name) const {
  const auto* found = modules_.find(kind, name);
  return found == nullptr ? nullptr : &found->offer().options;
}

const std::vector<base::Option>* ModuleCatalogue::tool(std::string_view name) const {
  return options(loader::Kind::tool, name);
}

const std::vector<base::Option>* ModuleCatalogue::handler(std::string_view name) const {
  return options(loader::Kind::handler, name);
}

const std::vector<base::Option>* ModuleCatalogue::plugin(std::string_view name) const {
  return options(loader::Kind::plugin, name);
}

const std::vector<base::Option>* ModuleCatalogue::provider(std::string_view service, std::string_view name) const {
  for (const auto* provided : modules_.providers(service)) {
    if (provided->offer().name == name) return &provided->offer().options;
  }
  return nullptr;
}

std::vector<std::string> ModuleCatalogue::tools() const { return modules_.names(loader::Kind::tool); }
std::vector<std::string> ModuleCatalogue::handlers() const { return modules_.names(loader::Kind::handler); }
std::vector<std::string> ModuleCatalogue::plugins() const { return modules_.names(loader::Kind::plugin); }

std::vector<std::string> ModuleCatalogue::providers(std::string_view service) const {
  std::vector<std::string> names;
  for (const auto* provided : modules_.providers(service)) names.push_back(provided->offer().name);
  return names;
}

std::vector<std::string> ModuleCatalogue::directories() const { return {directories_.begin(), directories_.end()}; }

std::optional<base::Diagnostic> ModuleCatalogue::fault(config::Kind kind, std::string_view name) const {
  const auto* diagnostic = modules_.fault(loader_kind(kind), name);
  return diagnostic == nullptr ? std::nullopt : std::optional(*diagnostic);
}

}  // namespace kirsch::server
