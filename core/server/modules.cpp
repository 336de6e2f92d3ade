// What is named decides what is loaded; what is required is loaded before.
#include "server/modules.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

#include "loader/service_order.h"
#include "server/named_modules.h"
#include "server/option_origin.h"
#include "server/required_services.h"

namespace kirsch::server {

Modules::Modules(const Blueprint& blueprint, pipeline::Host& host, std::filesystem::path state)
    : blueprint_(blueprint), host_(host), state_(std::move(state)) {
  // Sanitizers and debuggers name frames only of what is still mapped.
  settings_.keep_mapped = std::getenv("KIRSCH_NO_DLCLOSE") != nullptr;
}

Modules::~Modules() {
  shared_.clear();
  while (!instances_.empty()) instances_.pop_back();
  modules_.clear();
  while (!loaded_.empty()) loaded_.pop_back();
}

void Modules::load(loader::Phase phase, Share share) {
  const auto order = loader::service_order(blueprint_.catalogue, named_files(blueprint_, phase, share));
  const auto services = required_services(blueprint_, order);
  for (const auto* file : order) {
    if (!modules_.contains(file)) load(*file);
    // What an early module provides may be required by a late one only.
    for (const auto& [id, service] : services)
      if (service.provided.file == file && offered_.insert(id).second) offer(id, service);
  }
}

void Modules::load(const loader::ModuleFile& file) {
  auto module = loader::Module::load(file, copies(), host_.table_for(file.manifest->name), settings_);
  modules_[&file] = module;
  loaded_.push_back(std::move(module));
}

// What is loaded after privileges were dropped has its copies where the run user may write.
loader::PrivateCopies& Modules::copies() {
  const uid_t user = ::geteuid();
  if (copies_.empty() || copies_.back().first != user)
    copies_.emplace_back(std::piecewise_construct, std::forward_as_tuple(user), std::forward_as_tuple(state_));
  return copies_.back().second;
}

void Modules::offer(const std::string& id, const RequiredService& service) {
  const auto instance = make(service.provided, service.options, {});
  host_.offer(id, {instance->functions().service, instance->self()});
}

pipeline::SharedInstance Modules::make(const loader::Provided& provided, const base::Structure& options,
                                       const base::Position& origin) {
  const pipeline::ProviderResolver resolve = [this](const base::ProviderUse& use, const base::Position& at) {
    const auto instance =
        make(named_provider(blueprint_.catalogue, use), std::get<base::Structure>(use.options.front().data), at);
    return kirsch_service{instance->functions().service, instance->self()};
  };
  const pipeline::LoweredOptions lowered(options, resolve);
  const auto origin_of = [&](std::string_view option) -> std::optional<base::Position> {
    if (const auto at = option_origin(provided.offer().options, options, option)) return at;
    // Else it is a default, and the use of the module is to blame.
    return origin.line == 0 ? std::nullopt : std::optional(origin);
  };
  auto made =
      std::make_shared<const loader::Instance>(modules_.at(provided.file), provided.index, lowered.value(), origin_of);
  instances_.push_back(made);
  return made;
}

pipeline::SharedInstance Modules::instance(loader::Kind kind, const std::string& name,
                                           const std::shared_ptr<const base::Value>& options,
                                           const base::Position& origin) {
  const auto* provided = blueprint_.catalogue.find(kind, name);
  auto& known = shared_[{provided, options.get()}];
  if (known == nullptr) {
    known = make(*provided, std::get<base::Structure>(options->data), origin);
    kept_.push_back(options);
  }
  return known;
}

}  // namespace kirsch::server
