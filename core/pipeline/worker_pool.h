// The threads on which blocking hooks and handlers run, and the bounded queue before them.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "kirsch/abi.h"

namespace kirsch::pipeline {

// Of every task that was accepted exactly one of `run` and `drop` is called; neither may throw.
// Signals are blocked in the workers, save those that a fault of the thread itself raises (the crash report needs
// them).
class WorkerPool {
 public:
  using Task = kirsch_task;
  static constexpr unsigned no_lane = UINT32_MAX;

  struct Settings {
    unsigned workers = 32;
    std::size_t queue = 1024;                       // tasks that wait; those that run do not count
    unsigned first_lane = 0;                        // the lane of worker 0: the number of loops
    std::function<void(unsigned lane)> begin = {};  // on each worker's thread, first of all
  };

  // Throws base::Refusal if the system gives no thread.
  explicit WorkerPool(const Settings& settings);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Any thread. False, and nothing was called: the queue is full or the pool stops.
  bool submit(Task task) noexcept { return submit(std::span<const Task>(&task, 1)) == 1; }
  // Any thread. Takes as many as there is room for, from the front, under one lock; returns their number.
  std::size_t submit(std::span<const Task> tasks) noexcept;

  // Any thread. Calls `drop`, on this thread, for all that waits now; returns their number.
  std::size_t drop_queued() noexcept;

  // The thread that made the pool. Refuses new tasks, gives those that wait `drain` to begin, drops the rest (at once
  // if 0, and as soon as drop_queued is called), lets those that run finish, joins. Later calls do nothing.
  void stop(std::chrono::milliseconds drain = {}) noexcept;

  // Any thread; a moment old when they return. What is counted by `depth` is counted by a later `busy` until it has
  // run, and what it did then is seen.
  std::size_t depth() const noexcept { return waiting_.load(std::memory_order_acquire); }
  std::size_t busy() const noexcept { return busy_.load(std::memory_order_acquire); }

  std::size_t workers() const noexcept { return workers_.size(); }
  // Of the worker that runs the caller, of whichever pool; no_lane on any other thread.
  static unsigned current_lane() noexcept;

 private:
  static constexpr std::uint32_t batch_limit = 15;  // and one to begin with
  struct Worker;

  void work(Worker& self, unsigned lane) noexcept;
  bool next(Worker& self, Task& task) noexcept;
  bool take(Worker& self, Task& task) noexcept;
  bool steal(Task& task) noexcept;
  bool pop(Task& task) noexcept;
  void begin() noexcept;

  std::mutex mutex_;
  std::condition_variable work_;     // for workers: there is a task, or the end
  std::condition_variable drained_;  // for stop: nothing waits any more
  std::vector<Task> ring_;
  std::size_t head_ = 0;
  std::size_t queued_ = 0;  // in ring_
  std::size_t idle_ = 0;
  bool refusing_ = false;
  bool ended_ = false;
  std::atomic<std::size_t> waiting_ = 0;  // in ring_ and in batches
  std::atomic<std::size_t> busy_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace kirsch::pipeline
