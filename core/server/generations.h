// The generations of a process: the one that serves, and older ones that still finish what they began.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "pipeline/generation.h"
#include "server/blueprint.h"
#include "server/modules.h"

namespace kirsch::server {

// One configuration and everything made from it; goes in reverse.
struct LoadedGeneration {
  LoadedGeneration(std::uint64_t number, std::shared_ptr<const Blueprint> from, pipeline::Host& host,
                   ModuleStore& store, const Modules* former, unsigned loops, std::function<void()> unused)
      : blueprint(std::move(from)),
        modules(*blueprint, host, store, former),
        pipeline(number, loops, std::move(unused)) {}

  const config::Configuration& configuration() const { return blueprint->configuration; }

  const std::shared_ptr<const Blueprint> blueprint;
  std::chrono::system_clock::time_point loaded = std::chrono::system_clock::now();
  Modules modules;
  std::vector<std::uint32_t> numbers;  // of the listeners, by their index in the configuration
  pipeline::Generation pipeline;
};

// The thread of the bus, unless said otherwise.
class Generations {
 public:
  struct Use {
    std::uint64_t number = 0;
    std::chrono::system_clock::time_point loaded;
    std::size_t uses = 0;
  };

  // `post` runs work on the thread of the bus. All must outlive it.
  Generations(std::shared_ptr<const Blueprint> first, pipeline::Host& host, ModuleStore& store, base::Log& log,
              unsigned loops, std::function<void(std::function<void()>)> post);
  Generations(const Generations&) = delete;
  Generations& operator=(const Generations&) = delete;

  LoadedGeneration& current() const { return *all_.back(); }
  // Compiles the first one, once its modules are loaded. Throws base::Refusal.
  void compile_first();

  // Builds another one beside those that are there. What is not adopted must not be kept. Throws base::Refusal; nothing
  // has changed then.
  std::unique_ptr<LoadedGeneration> build(std::shared_ptr<const Blueprint> blueprint);
  void drop(std::unique_ptr<LoadedGeneration> generation) noexcept;
  // It is the current one from here on; the loops are to follow. Older ones end by themselves.
  void adopt(std::unique_ptr<LoadedGeneration> generation);
  // The plans, of all that are there, that this one does not have any more as they were.
  pipeline::EndedPlans ended_by(const LoadedGeneration& next) const;

  // Any thread. The current one last.
  std::vector<Use> uses() const;

 private:
  std::vector<std::uint32_t> numbers_for(const config::Configuration& configuration) const;
  std::unique_ptr<LoadedGeneration> make(std::shared_ptr<const Blueprint> blueprint, const Modules* former);
  void retire(std::uint64_t number) noexcept;
  // False: it stays loaded, because code of it still runs.
  bool destroy(std::unique_ptr<LoadedGeneration> generation) noexcept;

  pipeline::Host& host_;
  ModuleStore& store_;
  base::Log& log_;
  const unsigned loops_;
  const std::function<void(std::function<void()>)> post_;
  std::uint64_t made_ = 0;
  const LoadedGeneration* pending_ = nullptr;         // built, neither adopted nor dropped
  mutable std::mutex mutex_;                          // of changes of the list
  std::list<std::unique_ptr<LoadedGeneration>> all_;  // the current one last
};

// As for bound listeners.
bool same_address(const config::ListenerSettings& left, const config::ListenerSettings& right);

}  // namespace kirsch::server
