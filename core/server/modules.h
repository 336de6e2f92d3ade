// The modules of one generation: loaded in the order of their services, and the instances made from them.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/value.h"
#include "loader/module.h"
#include "loader/probe.h"
#include "pipeline/host.h"
#include "pipeline/plan.h"
#include "server/blueprint.h"
#include "server/module_store.h"
#include "server/named_modules.h"

namespace kirsch::server {

struct RequiredService;

// The thread that loads modules. Destroyed in reverse: instances before the modules they depend on.
class Modules {
 public:
  // Blueprint, host and store must outlive it. `former`, which serves, gives what stays the same: modules of equal
  // content with equal providers, and instances of equal options where they carry over. Null: there is none.
  Modules(const Blueprint& blueprint, pipeline::Host& host, ModuleStore& store, const Modules* former = nullptr);
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;
  ~Modules();

  // Loads those of that phase that the configuration names, and whoever provides services to them; where there is a
  // former one only what requests need, for engine plugins stay what they are. Throws base::Refusal.
  void load(loader::Phase phase, Share share = Share::all);
  // The same for these, whatever the configuration names.
  void load(const Files& files);

  // An instance with these options (a base::Structure). The same value object gives the same instance. Throws
  // base::Refusal.
  pipeline::SharedInstance instance(loader::Kind kind, const std::string& name,
                                    const std::shared_ptr<const base::Value>& options, const base::Position& origin);
  pipeline::SharedInstance instance(const loader::Provided& provided, const std::shared_ptr<const base::Value>& options,
                                    const base::Position& origin);

  // Modules that are loaded find the services of this generation from now on.
  void offer_services() { host_.use_services(&services_); }
  // Nothing is carried over any more, so the former one may go.
  void forget_former() { former_ = nullptr; }
  // Null: it is not loaded.
  const LoadedModule* loaded(const loader::ModuleFile& file) const;
  const std::vector<std::shared_ptr<const LoadedModule>>& all() const { return loaded_; }

 private:
  struct Made;
  using SharedMade = std::shared_ptr<const Made>;
  using Key = std::pair<const loader::Provided*, const base::Value*>;

  static Files with_providers(Files files, const std::vector<const loader::ModuleFile*>& order,
                              const std::map<std::string, RequiredService>& services);
  void load(const std::vector<const loader::ModuleFile*>& order, const Files& wanted,
            const std::map<std::string, RequiredService>& services);
  void load(const loader::ModuleFile& file, loader::Probe& probe);
  void offer(const std::string& id, const RequiredService& service);
  SharedMade make(const loader::Provided& provided, const base::Structure& options, const base::Position& origin);
  SharedMade carry_over(const loader::Provided& provided, const base::Structure& options);
  bool has_providers_of(const Made& made) const;
  void keep(const SharedMade& made);
  static pipeline::SharedInstance shared(const SharedMade& made);

  const Blueprint& blueprint_;
  pipeline::Host& host_;
  ModuleStore& store_;
  const Modules* former_;
  std::map<const loader::ModuleFile*, std::shared_ptr<const LoadedModule>> modules_;
  std::vector<std::shared_ptr<const LoadedModule>> loaded_;  // in order of loading
  std::vector<SharedMade> made_;                             // in order of creation
  std::set<const Made*> taken_;                              // of the former one
  std::vector<std::shared_ptr<const base::Value>> kept_;     // so that addresses in shared_ stay unique
  std::map<Key, pipeline::SharedInstance> shared_;
  std::map<std::string, pipeline::SharedInstance, std::less<>> offered_;  // services that modules can look up by id
  pipeline::Host::Services services_;                                     // the same
};

}  // namespace kirsch::server
