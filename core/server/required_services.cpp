// What needs no options answers for its service; there must be exactly one.
#include "server/required_services.h"

#include <algorithm>

#include "config/document.h"
#include "config/reader.h"
#include "loader/refusal.h"
#include "server/module_catalogue.h"
#include "server/named_modules.h"

namespace kirsch::server {
namespace {

using loader::ModuleFile;
using loader::Provided;

std::vector<Provided> providers_in(const std::vector<const ModuleFile*>& order, const std::string& service) {
  std::vector<Provided> found;
  for (const auto* file : order) {
    for (std::size_t index = 0; index < file->manifest->provides.size(); ++index) {
      const auto& offer = file->manifest->provides[index];
      if (offer.kind == loader::Kind::service && offer.service == service) found.push_back({file, index});
    }
  }
  return found;
}

// The names of options without a default.
std::string demands(const loader::Offer& offer) {
  std::string names;
  for (const auto& option : offer.options)
    if (!option.default_text) names += (names.empty() ? "" : ", ") + option.name;
  return names;
}

std::string described(const std::vector<Provided>& providers) {
  std::string text;
  for (const auto& one : providers)
    text += (text.empty() ? "'" : ", '") + one.offer().name + "' of " + one.file->path.string();
  return text;
}

class Choice {
 public:
  Choice(const Blueprint& blueprint, const std::vector<const ModuleFile*>& order)
      : blueprint_(blueprint), order_(order), catalogue_(blueprint.catalogue, blueprint.directories) {}

  std::map<std::string, RequiredService> made() {
    std::map<std::string, RequiredService> services;
    for (const auto* consumer : order_)
      for (const auto& service : consumer->manifest->services)
        if (!services.contains(service)) choose(*consumer, service, services);
    if (!errors_.empty()) throw base::Refusal(std::move(errors_));
    return services;
  }

 private:
  void choose(const ModuleFile& consumer, const std::string& service, std::map<std::string, RequiredService>& to) {
    auto able = providers_in(order_, service);
    const auto unable = std::stable_partition(able.begin(), able.end(),
                                              [](const Provided& one) { return demands(one.offer()).empty(); });
    const std::vector<Provided> demanding(unable, able.end());
    able.erase(unable, able.end());
    const std::string requires_it = "module '" + consumer.manifest->name + "' requires the service '" + service + "'";
    if (able.empty()) {
      refuse(consumer,
             requires_it + ", and '" + demanding.front().offer().name +
                 "' provides it only with options: " + demands(demanding.front().offer()),
             "file " + demanding.front().file->path.string() +
                 ": an option without a default can be said only where the configuration names the provider");
    } else if (able.size() > 1) {
      refuse(consumer, requires_it + ", which is provided twice: by " + described(able),
             "use one of them alone, or take the other's file out of plugins.path");
    } else if (auto options = defaults(able.front())) {
      to.emplace(service, RequiredService{able.front(), std::move(*options)});
    }
  }

  std::optional<base::Structure> defaults(const Provided& provided) {
    config::Findings findings;
    const auto nothing = config::Document::from_text("{}");
    auto options = config::Reader(catalogue_, findings, "/")
                       .structure(nothing.root(), provided.offer().options, nothing.root(),
                                  "service '" + provided.offer().name + "'");
    std::ranges::copy(findings.errors(), std::back_inserter(errors_));
    if (!options) return std::nullopt;
    return std::get<base::Structure>(std::move(options->data));
  }

  void refuse(const ModuleFile& consumer, std::string message, std::string help) {
    errors_.push_back(loader::refused(loader::code::missing_service, std::move(message), std::move(help)));
    errors_.back().position = naming_place(blueprint_, consumer);
  }

  const Blueprint& blueprint_;
  const std::vector<const ModuleFile*>& order_;
  const ModuleCatalogue catalogue_;
  std::vector<base::Diagnostic> errors_;
};

}  // namespace

std::map<std::string, RequiredService> required_services(const Blueprint& blueprint,
                                                         const std::vector<const loader::ModuleFile*>& order) {
  return Choice(blueprint, order).made();
}

}  // namespace kirsch::server
