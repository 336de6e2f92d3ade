// A depth-first walk that remembers its path, so that a cycle can be printed.
#include "loader/service_order.h"

#include <algorithm>
#include <map>
#include <string>

#include "loader/circle.h"
#include "loader/refusal.h"

namespace kirsch::loader {
namespace {

class ServiceWalk {
 public:
  ServiceWalk(const Catalogue& catalogue, const std::set<const ModuleFile*>& used)
      : catalogue_(catalogue), used_(used) {}

  void visit(const ModuleFile& file) {
    if (done_.contains(&file)) return;
    const bool again = std::find(path_.begin(), path_.end(), &file) != path_.end();
    path_.push_back(&file);
    if (again) throw base::Refusal(refuse_circle(path_));
    for (const std::string& service : file.manifest->services)
      for (const ModuleFile* provider : providers_for(file, service)) visit(*provider);
    path_.pop_back();
    done_.insert(&file);
    order_.push_back(&file);
  }

  std::vector<const ModuleFile*> take_order() { return std::move(order_); }

 private:
  // Those in use, or else the only one there is.
  std::vector<const ModuleFile*> providers_for(const ModuleFile& consumer, const std::string& service) const {
    std::vector<const ModuleFile*> candidates, in_use;
    for (const Provided* provided : catalogue_.providers(service)) {
      if (std::find(candidates.begin(), candidates.end(), provided->file) == candidates.end())
        candidates.push_back(provided->file);
    }
    for (const ModuleFile* candidate : candidates)
      if (used_.contains(candidate)) in_use.push_back(candidate);
    if (!in_use.empty()) return in_use;
    if (candidates.size() > 1) refuse_choice(consumer, service, candidates);
    return candidates;
  }

  [[noreturn]] static void refuse_choice(const ModuleFile& consumer, const std::string& service,
                                         const std::vector<const ModuleFile*>& candidates) {
    std::string files;
    for (const ModuleFile* candidate : candidates) files += (files.empty() ? "" : ", ") + candidate->path.string();
    throw base::Refusal(refused(code::missing_service,
                                "module '" + consumer.manifest->name + "' requires service '" + service +
                                    "', which several modules provide: " + files,
                                "keep one of them in plugins.path"));
  }

  const Catalogue& catalogue_;
  const std::set<const ModuleFile*>& used_;
  std::set<const ModuleFile*> done_;
  Way path_;
  std::vector<const ModuleFile*> order_;
};

}  // namespace

std::vector<const ModuleFile*> service_order(const Catalogue& catalogue, const std::set<const ModuleFile*>& used) {
  ServiceWalk walk(catalogue, used);
  for (const auto& file : catalogue.files())
    if (used.contains(file.get())) walk.visit(*file);
  return walk.take_order();
}

}  // namespace kirsch::loader
