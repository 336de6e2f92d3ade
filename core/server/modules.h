// The modules of a server: loaded in the order of their services, and the instances made from them.
#pragma once

#include <sys/types.h>

#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/value.h"
#include "loader/module.h"
#include "pipeline/host.h"
#include "pipeline/lowering.h"
#include "pipeline/plan.h"
#include "server/blueprint.h"
#include "server/named_modules.h"

namespace kirsch::server {

struct RequiredService;

// The thread that starts the server. Destroyed in reverse: instances before the modules they depend on.
class Modules {
 public:
  // Blueprint and host must outlive it. Private copies go to `state`.
  Modules(const Blueprint& blueprint, pipeline::Host& host, std::filesystem::path state);
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;
  ~Modules();

  // Loads those of that phase that the configuration names, and whoever provides services to them. Throws
  // base::Refusal.
  void load(loader::Phase phase, Share share = Share::all);

  // An instance with these options (a base::Structure). The same value object gives the same instance. Throws
  // base::Refusal.
  pipeline::SharedInstance instance(loader::Kind kind, const std::string& name,
                                    const std::shared_ptr<const base::Value>& options, const base::Position& origin);

  std::size_t count() const { return loaded_.size(); }

 private:
  using Key = std::pair<const loader::Provided*, const base::Value*>;

  void load(const loader::ModuleFile& file);
  loader::PrivateCopies& copies();
  void offer(const std::string& id, const RequiredService& service);
  pipeline::SharedInstance make(const loader::Provided& provided, const base::Structure& options,
                                const base::Position& origin);

  const Blueprint& blueprint_;
  pipeline::Host& host_;
  const std::filesystem::path state_;
  std::list<std::pair<uid_t, loader::PrivateCopies>> copies_;  // by user; the last is of who loads now
  loader::LoadSettings settings_;
  std::map<const loader::ModuleFile*, std::shared_ptr<const loader::Module>> modules_;
  std::vector<std::shared_ptr<const loader::Module>> loaded_;  // in order of loading
  std::vector<pipeline::SharedInstance> instances_;            // in order of creation
  std::vector<std::shared_ptr<const base::Value>> kept_;       // so that addresses in shared_ stay unique
  std::map<Key, pipeline::SharedInstance> shared_;
  std::set<std::string, std::less<>> offered_;  // services that modules can look up by id
};

}  // namespace kirsch::server
