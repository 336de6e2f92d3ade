// A vector under a mutex: the loop takes all that waits at once, so the lock is held for a push or a swap only.
#include "net/task_queue.h"

#include <new>

#include "net/driver.h"

namespace kirsch::net {

bool TaskQueue::push(const kirsch_task& task) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;
    try {
      waiting_.push_back(task);
    } catch (const std::bad_alloc&) {
      return false;
    }
    pending_.store(true, std::memory_order_seq_cst);
    // Under the lock, so that end() and then the driver's destruction cannot come between.
    notify();
  }
  return true;
}

void TaskQueue::interrupt() noexcept {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  pending_.store(true, std::memory_order_seq_cst);
  notify();
}

void TaskQueue::notify() noexcept {
  if (sleeping_.load(std::memory_order_seq_cst) && sleeping_.exchange(false, std::memory_order_seq_cst)) driver_.wake();
}

bool TaskQueue::prepare_sleep() noexcept {
  sleeping_.store(true, std::memory_order_seq_cst);
  if (!pending_.load(std::memory_order_seq_cst)) return true;
  awake();
  return false;
}

void TaskQueue::run() noexcept {
  if (!pending_.load(std::memory_order_acquire)) return;
  {
    const std::lock_guard lock(mutex_);
    pending_.store(false, std::memory_order_relaxed);
    running_.swap(waiting_);
  }
  for (const kirsch_task& task : running_) task.run(task.self);
  running_.clear();
}

void TaskQueue::end() noexcept {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    running_.swap(waiting_);
  }
  for (const kirsch_task& task : running_) task.drop(task.self);
  running_.clear();
}

}  // namespace kirsch::net
