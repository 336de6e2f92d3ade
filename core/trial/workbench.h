// A process without loops and clients that loads the module and makes instances of what it provides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "base/logs.h"
#include "config/reader.h"
#include "pipeline/host.h"
#include "pipeline/lowering.h"
#include "server/module_catalogue.h"
#include "server/module_store.h"
#include "server/modules.h"
#include "trial/subject.h"

namespace kirsch::trial {

// The log of lines that a module finds declared: the name that modules of the project default to.
inline constexpr const char* named_log = "access";

// One thread, in a process that may die.
class Workbench {
 public:
  explicit Workbench(const Subject& subject);
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  // Throw base::Refusal.
  void load();            // the module, and what it requires
  void load_providers();  // only the latter
  // Once more from its file: an other copy, an other module. Only after load_providers.
  std::shared_ptr<const loader::Module> load_again();
  // What load_again has loaded and is gone: unless its code stays, its copy goes.
  bool is_gone(const std::filesystem::path& copy);

  // Options of an offer. None: the schema refuses them, and says why.
  struct Reading {
    std::optional<base::Value> options;
    std::string refusal;
  };
  Reading read(const loader::Offer& offer, const std::string& yaml) const;

  // What create gets; makes the providers that they name. Throws base::Refusal.
  pipeline::LoweredOptions lowered(const base::Structure& options);
  loader::Instance make(std::size_t index, const kirsch_value& options);

  // What modules have with the host and do not belong to an instance that lives.
  std::size_t subscriptions() const { return subscriptions_.size(); }
  std::size_t metrics() const;

 private:
  pipeline::Engine engine();

  const Subject& subject_;
  base::Logs logs_;
  std::set<std::uint64_t> subscriptions_;
  std::uint64_t last_subscription_ = 0;
  pipeline::Host host_;
  server::ModuleStore store_;
  server::ModuleCatalogue catalogue_;
  pipeline::ProviderResolver resolve_;
  server::Modules modules_;
  std::shared_ptr<const kirsch_host> table_;  // of load_again
  std::optional<loader::PrivateCopies> copies_;
};

}  // namespace kirsch::trial
