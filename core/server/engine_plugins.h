// The plugins of `engine:` on the bus.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/bus.h"
#include "server/modules.h"
#include "server/named_modules.h"

namespace kirsch::server {

class EnginePlugins {
 public:
  // Both must outlive it; it must outlive the bus's listeners.
  EnginePlugins(const Blueprint& blueprint, Modules& modules, Share share)
      : blueprint_(blueprint), modules_(modules), share_(share) {}

  // Subscribes all. What runs before their phase is loaded does nothing.
  void subscribe(engine::Bus& bus);
  // Creates the instances of that phase; their modules are loaded. Throws base::Refusal.
  void create(loader::Phase phase);
  // "engine.NAME" of those whose module is another one now.
  std::vector<std::string> changed_in(const Blueprint& next) const;
  // In reverse.
  ~EnginePlugins() {
    while (!entries_.empty()) entries_.pop_back();
  }
  EnginePlugins(const EnginePlugins&) = delete;
  EnginePlugins& operator=(const EnginePlugins&) = delete;

 private:
  struct Entry {
    const config::PluginUse* use;
    const loader::Provided* provided;
    pipeline::SharedInstance instance;
  };

  const Blueprint& blueprint_;
  Modules& modules_;
  const Share share_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

bool names_plugin(const config::Configuration& configuration, std::string_view plugin);

}  // namespace kirsch::server
