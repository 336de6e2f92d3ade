// Listeners of modules on channels of the bus, and that none is called after it was taken off.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "engine/bus.h"
#include "kirsch/abi.h"

namespace kirsch::server {

// Any thread. The bus must outlive it.
class ModuleListeners {
 public:
  explicit ModuleListeners(engine::Bus& bus) : bus_(bus) {}

  // As kirsch_bus::subscribe and unsubscribe; `owner` is the module.
  std::uint64_t add(std::string_view owner, std::string_view channel, int priority, kirsch_listen listen, void* self);
  void remove(std::uint64_t subscription) noexcept;

 private:
  struct Gate {
    std::recursive_mutex running;  // held during a call; a listener may take itself off
    bool open = true;
  };

  engine::Bus& bus_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<Gate>> gates_;
};

}  // namespace kirsch::server
