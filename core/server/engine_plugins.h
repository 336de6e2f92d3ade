// The plugins of `engine:` on the bus.
#pragma once

#include <memory>
#include <vector>

#include "engine/bus.h"
#include "server/modules.h"

namespace kirsch::server {

class EnginePlugins {
 public:
  // Both must outlive it; it must outlive the bus's listeners.
  EnginePlugins(const Blueprint& blueprint, Modules& modules) : blueprint_(blueprint), modules_(modules) {}

  // Subscribes all. What runs before their phase is loaded does nothing.
  void subscribe(engine::Bus& bus);
  // Creates the instances of that phase; their modules are loaded. Throws base::Refusal.
  void create(loader::Phase phase);
  bool named(std::string_view plugin) const;

 private:
  struct Entry {
    const config::PluginUse* use;
    const loader::Provided* provided;
    pipeline::SharedInstance instance;
  };

  const Blueprint& blueprint_;
  Modules& modules_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace kirsch::server
