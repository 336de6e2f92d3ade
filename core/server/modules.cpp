// What is named decides what is loaded; what is required is loaded before.
#include "server/modules.h"

#include <algorithm>
#include <utility>

#include "loader/service_order.h"
#include "pipeline/lowering.h"
#include "server/option_origin.h"
#include "server/required_services.h"

namespace kirsch::server {

// An instance, and what it was made from. Goes before what it depends on.
struct Modules::Made {
  std::shared_ptr<const LoadedModule> module;
  std::size_t index = 0;
  base::Structure options;
  std::vector<SharedMade> providers;  // those that its options name
  loader::Instance instance;
};

namespace {

bool carries_over(const loader::Offer& offer) { return offer.kind == loader::Kind::service || offer.carries_over; }

}  // namespace

Modules::Modules(const Blueprint& blueprint, pipeline::Host& host, ModuleStore& store, const Modules* former)
    : blueprint_(blueprint), host_(host), store_(store), former_(former) {}

Modules::~Modules() {
  shared_.clear();
  offered_.clear();
  while (!made_.empty()) made_.pop_back();
  modules_.clear();
  while (!loaded_.empty()) loaded_.pop_back();
}

const LoadedModule* Modules::loaded(const loader::ModuleFile& file) const {
  const auto found = modules_.find(&file);
  return found == modules_.end() ? nullptr : found->second.get();
}

void Modules::load(const Files& files) {
  const auto order = loader::service_order(blueprint_.catalogue, files);
  load(order, Files(order.begin(), order.end()), required_services(blueprint_, order));
}

void Modules::load(loader::Phase phase, Share share) {
  const auto order = loader::service_order(blueprint_.catalogue, named_files(blueprint_, phase, share));
  const auto services = required_services(blueprint_, order);
  const auto wanted = former_ == nullptr ? Files(order.begin(), order.end())
                                         : with_providers(files_of_sites(blueprint_), order, services);
  load(order, wanted, services);
  if (former_ != nullptr) return;
  for (const auto* file : with_providers(files_of_engine(blueprint_, share), order, services))
    if (const auto* module = loaded(*file)) module->stay();
}

void Modules::load(const std::vector<const loader::ModuleFile*>& order, const Files& wanted,
                   const std::map<std::string, RequiredService>& services) {
  loader::Probe probe;
  for (const auto* file : order) {
    if (!wanted.contains(file)) continue;
    if (!modules_.contains(file)) load(*file, probe);
    // What an early module provides may be required by a late one only.
    for (const auto& [id, service] : services)
      if (service.provided.file == file && !offered_.contains(id)) offer(id, service);
  }
}

// From the last in the order to the first.
Files Modules::with_providers(Files files, const std::vector<const loader::ModuleFile*>& order,
                              const std::map<std::string, RequiredService>& services) {
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    if (!files.contains(*at)) continue;
    for (const auto& id : (*at)->manifest->services)
      if (const auto found = services.find(id); found != services.end()) files.insert(found->second.provided.file);
  }
  return files;
}

void Modules::load(const loader::ModuleFile& file, loader::Probe& probe) {
  std::vector<pipeline::SharedInstance> providers;
  for (const auto& id : file.manifest->services)
    if (const auto found = offered_.find(id); found != offered_.end()) providers.push_back(found->second);
  auto module = store_.load(file, providers, probe);
  modules_[&file] = module;
  loaded_.push_back(std::move(module));
}

void Modules::offer(const std::string& id, const RequiredService& service) {
  const auto instance = shared(make(service.provided, service.options, {}));
  offered_[id] = instance;
  services_[id] = {instance->functions().service, instance->self()};
}

pipeline::SharedInstance Modules::shared(const SharedMade& made) { return {made, &made->instance}; }

Modules::SharedMade Modules::make(const loader::Provided& provided, const base::Structure& options,
                                  const base::Position& origin) {
  if (auto carried = carry_over(provided, options)) return carried;
  const auto made = std::make_shared<Made>();
  made->module = modules_.at(provided.file);
  made->index = provided.index;
  if (carries_over(provided.offer())) made->options = options;
  const pipeline::ProviderResolver resolve = [&](const base::ProviderUse& use, const base::Position& at) {
    made->providers.push_back(
        make(named_provider(blueprint_.catalogue, use), std::get<base::Structure>(use.options.front().data), at));
    const auto& instance = made->providers.back()->instance;
    return kirsch_service{instance.functions().service, instance.self()};
  };
  const pipeline::LoweredOptions lowered(options, resolve);
  const auto origin_of = [&](std::string_view option) -> std::optional<base::Position> {
    if (const auto at = option_origin(provided.offer().options, options, option)) return at;
    // Else it is a default, and the use of the module is to blame.
    return origin.line == 0 ? std::nullopt : std::optional(origin);
  };
  made->instance = loader::Instance(std::shared_ptr<const loader::Module>(made->module, &made->module->module()),
                                    provided.index, lowered.value(), origin_of);
  made_.push_back(made);
  return made;
}

// Each one once: two equal uses had two instances.
Modules::SharedMade Modules::carry_over(const loader::Provided& provided, const base::Structure& options) {
  if (former_ == nullptr || !carries_over(provided.offer())) return nullptr;
  const auto& module = modules_.at(provided.file);
  const auto found = std::ranges::find_if(former_->made_, [&](const SharedMade& made) {
    return made->module == module && made->index == provided.index && !taken_.contains(made.get()) &&
           base::same(made->options, options) && has_providers_of(*made);
  });
  if (found == former_->made_.end()) return nullptr;
  keep(*found);
  return *found;
}

// A name that both configurations say leads to the same provider where its module is still in use.
bool Modules::has_providers_of(const Made& made) const {
  return std::ranges::all_of(made.providers, [&](const SharedMade& provider) {
    const bool present =
        std::ranges::any_of(modules_, [&](const auto& entry) { return entry.second == provider->module; });
    return present && has_providers_of(*provider);
  });
}

void Modules::keep(const SharedMade& made) {
  for (const auto& provider : made->providers) keep(provider);
  taken_.insert(made.get());
  made_.push_back(made);
}

pipeline::SharedInstance Modules::instance(loader::Kind kind, const std::string& name,
                                           const std::shared_ptr<const base::Value>& options,
                                           const base::Position& origin) {
  return instance(*blueprint_.catalogue.find(kind, name), options, origin);
}

pipeline::SharedInstance Modules::instance(const loader::Provided& provided,
                                           const std::shared_ptr<const base::Value>& options,
                                           const base::Position& origin) {
  auto& known = shared_[{&provided, options.get()}];
  if (known == nullptr) {
    known = shared(make(provided, std::get<base::Structure>(options->data), origin));
    kept_.push_back(options);
  }
  return known;
}

}  // namespace kirsch::server
