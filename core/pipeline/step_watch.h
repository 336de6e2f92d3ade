// Which step runs on each thread, so that one that does not end is noticed. It is never stopped: only the log says it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "pipeline/running.h"

namespace kirsch::pipeline {

class StepWatch {
 public:
  // Written by one thread, the lane's own: two relaxed stores per step.
  class alignas(64) Lane {
   public:
    // `request` as Exchange counts them.
    void begin(const CallLabel& label, std::uint32_t loop, std::uint64_t request) noexcept {
      label_.store(&label, std::memory_order_relaxed);
      loop_.store(loop, std::memory_order_relaxed);
      request_.store(request, std::memory_order_relaxed);
      turn_.store(turn_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
    // The next step of the same request, at once.
    void follow(const CallLabel& label) noexcept {
      label_.store(&label, std::memory_order_relaxed);
      turn_.store(turn_.load(std::memory_order_relaxed) + 2, std::memory_order_release);
    }
    void end() noexcept { turn_.store(turn_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
    // The calling thread is the one that this lane belongs to; `running` then tells its steps. The lane outlives it.
    void watch_this_thread() const noexcept;
    // Of that thread, on it: the step that runs, or nothing.
    Running step() const noexcept {
      if (turn_.load(std::memory_order_relaxed) % 2 == 0) return {};
      return {label_.load(std::memory_order_relaxed), loop_.load(std::memory_order_relaxed),
              request_.load(std::memory_order_relaxed)};
    }

   private:
    friend class StepWatch;
    std::atomic<std::uint64_t> turn_ = 0;  // odd: a step runs
    std::atomic<const CallLabel*> label_ = nullptr;
    std::atomic<std::uint32_t> loop_ = 0;
    std::atomic<std::uint64_t> request_ = 0;
  };

  // `longest`: what is told once a step has run that long.
  StepWatch(std::uint32_t lanes, std::chrono::milliseconds longest, base::Log& log);

  Lane& lane(std::uint32_t number) { return lanes_[number]; }
  // Looks at all lanes; call it now and then, from one thread, with a time that does not go back.
  void look(base::SteadyTime now);
  std::chrono::milliseconds longest() const { return longest_; }

 private:
  struct Seen {
    std::uint64_t turn = 0;
    base::SteadyTime since{};
    bool told = false;
  };

  void tell(std::uint32_t number);

  std::unique_ptr<Lane[]> lanes_;
  std::vector<Seen> seen_;
  const std::chrono::milliseconds longest_;
  base::Log& log_;
};

}  // namespace kirsch::pipeline
