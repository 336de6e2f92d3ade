// The modules that are loaded, whichever generations use them: one that has not changed is not loaded twice.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
#include "loader/module.h"
#include "loader/private_copy.h"
#include "loader/probe.h"
#include "pipeline/host.h"
#include "pipeline/plan.h"

namespace kirsch::server {

class ModuleStore;

// Unloaded with the last who holds it, and before the instances whose services it has looked up.
class LoadedModule {
 public:
  LoadedModule(ModuleStore& store, const loader::ModuleFile& file, std::vector<pipeline::SharedInstance> providers,
               loader::Probe& probe);
  LoadedModule(const LoadedModule&) = delete;
  LoadedModule& operator=(const LoadedModule&) = delete;
  ~LoadedModule();

  const loader::Module& module() const { return *module_; }
  const std::vector<pipeline::SharedInstance>& providers() const { return providers_; }

  // An engine plugin uses it, so it stays until the process ends.
  void stay() const { stays_ = true; }
  bool stays() const { return stays_; }
  // Before its instances are destroyed for good; see pipeline::Host. Nobody gets it from the store afterwards.
  bool end_calls(std::chrono::milliseconds patience) const;
  bool ended() const { return ended_; }

 private:
  mutable bool stays_ = false;
  mutable bool ended_ = false;
  ModuleStore& store_;
  const std::vector<pipeline::SharedInstance> providers_;
  const std::shared_ptr<const kirsch_host> host_;
  std::shared_ptr<const loader::Module> module_;
};

// The thread that loads modules.
class ModuleStore {
 public:
  // A module that was unloaded, but whose code stays mapped until the process ends.
  struct Pinned {
    std::string name, version, build_id;
  };

  // Host and log must outlive it. Private copies go to `state`.
  ModuleStore(pipeline::Host& host, base::Log& log, std::filesystem::path state);
  ModuleStore(const ModuleStore&) = delete;
  ModuleStore& operator=(const ModuleStore&) = delete;

  // The module of that file, for whom `providers` answer for the services that it requires: one that was loaded from
  // the same bytes for the same providers, else it is tried and loaded now. Throws base::Refusal.
  std::shared_ptr<const LoadedModule> load(const loader::ModuleFile& file,
                                           const std::vector<pipeline::SharedInstance>& providers,
                                           loader::Probe& probe);

  // Any thread.
  std::vector<Pinned> pinned() const;

 private:
  friend class LoadedModule;
  loader::PrivateCopies& copies();
  void unloaded(const Pinned& module, const std::filesystem::path& copy) noexcept;

  pipeline::Host& host_;
  base::Log& log_;
  const std::filesystem::path state_;
  std::list<std::pair<uid_t, loader::PrivateCopies>> copies_;  // by user; the last is of who loads now
  const bool keep_mapped_;
  std::vector<std::weak_ptr<const LoadedModule>> loaded_;
  mutable std::mutex mutex_;  // of pinned_
  std::vector<Pinned> pinned_;
};

}  // namespace kirsch::server
