// What a module has left with loops and workers: timers, messages and tasks. All of it comes to its end before the code
// goes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "kirsch/abi.h"
#include "net/list.h"
#include "net/loop.h"
#include "pipeline/generation_hold.h"
#include "pipeline/running.h"
#include "pipeline/worker_pool.h"

namespace kirsch::pipeline {

class ModuleCalls {
 public:
  // `module` with its version, for whoever asks what runs.
  ModuleCalls(const std::string& module, unsigned loops);
  ModuleCalls(const ModuleCalls&) = delete;
  ModuleCalls& operator=(const ModuleCalls&) = delete;

  // As the contract says. Once `end` was called there is no loop and no worker for the module.
  std::uint64_t start_timer(net::Loop& loop, std::uint64_t milliseconds, void (*fire)(void*), void (*destroy)(void*),
                            void* self);
  bool post(net::Loop& loop, const kirsch_task& task);
  bool submit(WorkerPool& workers, const kirsch_task& task);

  // Not on a loop. Takes no more, ends the timers, and waits until the rest has run. False: something still runs after
  // that time. `loops` by lane, while they run.
  bool end(std::span<net::Loop* const> loops, std::chrono::milliseconds patience);

 private:
  struct Timer : net::Link<Timer> {
    Timer(ModuleCalls* of, void (*to_fire)(void*), void (*to_destroy)(void*), void* module_self)
        : owner(of), fire(to_fire), destroy(to_destroy), self(module_self) {}

    ModuleCalls* owner;
    void (*fire)(void*);
    void (*destroy)(void*);
    void* self;
    std::uint64_t number = 0;
    const GenerationHold hold = HoldScope::for_timer();
  };
  struct Task {
    ModuleCalls* owner;
    kirsch_task task;
    GenerationHold hold;
  };

  bool begin() noexcept;
  void finish() noexcept { pending_.fetch_sub(1, std::memory_order_release); }
  kirsch_task wrapped(Task* task) const noexcept;
  template <class Give>
  bool give(const kirsch_task& task, const GenerationHold& hold, Give give);

  const CallLabel& timer_label_;
  const CallLabel& task_label_;
  std::atomic<bool> ending_ = false;
  std::atomic<std::size_t> pending_ = 0;
  const std::unique_ptr<net::List<Timer>[]> timers_;  // by loop, each on its own thread
};

}  // namespace kirsch::pipeline
