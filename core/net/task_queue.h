// Tasks that other threads give to a loop, and how they wake it: with a system call only when it may sleep.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "kirsch/abi.h"

namespace kirsch::net {

class Driver;

class TaskQueue {
 public:
  explicit TaskQueue(Driver& driver) noexcept : driver_(driver) {}

  // Any thread. False: the queue has ended or there is no memory.
  bool push(const kirsch_task& task) noexcept;
  // Any thread: the loop goes on although there is no task.
  void interrupt() noexcept;

  // The loop's thread, around its wait. False: there is something to do, do not sleep.
  bool prepare_sleep() noexcept;
  void awake() noexcept { sleeping_.store(false, std::memory_order_relaxed); }

  // The loop's thread: run has something to do.
  bool pending() const noexcept { return pending_.load(std::memory_order_acquire); }
  // The loop's thread. Those that come meanwhile are left for the next turn.
  void run() noexcept;
  // The loop's thread. Refuses from now on and drops what waits.
  void end() noexcept;

 private:
  void notify() noexcept;

  Driver& driver_;
  // Together they lose no wake-up: one side stores the first and loads the second, the other side the reverse, in one
  // total order.
  std::atomic<bool> pending_ = false;
  std::atomic<bool> sleeping_ = false;
  std::mutex mutex_;
  bool ended_ = false;
  std::vector<kirsch_task> waiting_;
  std::vector<kirsch_task> running_;  // the loop's thread only
};

}  // namespace kirsch::net
