// A ring under one mutex. A worker may take a batch out of a long queue to touch the mutex less often; what it has not
// begun stays open to the others, so that a task that blocks holds up no task but itself.
#include "pipeline/worker_pool.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cassert>
#include <string>
#include <system_error>

#include "base/diagnostic.h"

namespace kirsch::pipeline {

namespace {

thread_local unsigned lane_of_this_thread = WorkerPool::no_lane;

// Blocks signals while threads are made: they inherit the mask, so not even their first moment is open to one.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    // Blocked faults would kill the process without their handler.
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) sigdelset(&all, fault);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
};

std::string thread_name(unsigned worker) {  // the kernel takes 15 bytes
  return (worker < 10 ? "kirsch-worker-" : "kirsch-work-") + std::to_string(worker);
}

}  // namespace

struct WorkerPool::Worker {
  std::array<Task, batch_limit> batch;  // [next, end) is not begun
  // The owner claims without the pool's mutex, others under it; the owner refills under it. So a claimed slot is never
  // overwritten while another thread reads it, and the mutex orders all that two threads touch.
  std::atomic<std::uint32_t> next = 0;
  std::uint32_t end = 0;
  std::thread thread;

  bool claim(Task& task) noexcept {
    if (next.load(std::memory_order_relaxed) >= end) return false;  // else `next` would grow without bound
    const std::uint32_t index = next.fetch_add(1, std::memory_order_relaxed);
    if (index >= end) return false;
    task = batch[index];
    return true;
  }
};

WorkerPool::WorkerPool(const Settings& settings) : ring_(settings.queue) {
  assert(settings.workers > 0 && settings.queue > 0);
  const BlockedSignals blocked;
  try {
    // All of them before the first thread: workers look into each other's batches.
    for (unsigned i = 0; i < settings.workers; ++i) workers_.push_back(std::make_unique<Worker>());
    for (unsigned i = 0; i < settings.workers; ++i) {
      Worker& worker = *workers_[i];
      worker.thread = std::thread([this, &worker, lane = settings.first_lane + i, begin = settings.begin] {
        if (begin) begin(lane);
        work(worker, lane);
      });
      pthread_setname_np(worker.thread.native_handle(), thread_name(i).c_str());
    }
  } catch (const std::system_error& error) {
    stop();
    base::Diagnostic diagnostic;
    diagnostic.code = "P021";
    diagnostic.message = "cannot start " + std::to_string(settings.workers) + " worker threads: " + error.what();
    diagnostic.help = "lower server.workers, or raise the limit of processes (ulimit -u, TasksMax)";
    diagnostic.exit_code = base::ExitCode::internal;
    throw base::Refusal(std::move(diagnostic));
  }
}

WorkerPool::~WorkerPool() { stop(); }

std::size_t WorkerPool::submit(std::span<const Task> tasks) noexcept {
  std::size_t accepted = 0;
  std::size_t wake = 0;
  {
    const std::lock_guard lock(mutex_);
    if (refusing_) return 0;
    accepted = std::min(tasks.size(), ring_.size() - waiting_.load(std::memory_order_relaxed));
    for (const Task& task : tasks.first(accepted)) ring_[(head_ + queued_++) % ring_.size()] = task;
    waiting_.fetch_add(accepted, std::memory_order_relaxed);
    wake = std::min(accepted, idle_);
  }
  for (; wake > 0; --wake) work_.notify_one();
  return accepted;
}

std::size_t WorkerPool::drop_queued() noexcept {
  const std::size_t limit = depth();
  for (std::size_t dropped = 0; dropped < limit; ++dropped) {
    Task task;
    {
      const std::lock_guard lock(mutex_);
      if (!pop(task) && !steal(task)) return dropped;
      begin();
    }
    task.drop(task.self);
  }
  return limit;
}

void WorkerPool::stop(std::chrono::milliseconds drain) noexcept {
  {
    std::unique_lock lock(mutex_);
    if (ended_) return;
    refusing_ = true;
    drain =
        std::min<std::chrono::milliseconds>(drain, std::chrono::hours(24));  // a larger one could overflow the clock
    if (drain.count() > 0) drained_.wait_for(lock, drain, [this] { return depth() == 0; });
  }
  drop_queued();
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  work_.notify_all();
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

unsigned WorkerPool::current_lane() noexcept { return lane_of_this_thread; }

void WorkerPool::work(Worker& self, unsigned lane) noexcept {
  lane_of_this_thread = lane;
  Task task;
  while (next(self, task)) {
    task.run(task.self);
    busy_.fetch_sub(1, std::memory_order_release);
  }
}

bool WorkerPool::next(Worker& self, Task& task) noexcept {
  if (self.claim(task)) {
    busy_.fetch_add(1, std::memory_order_relaxed);  // first: who waits for the end of all sees it in one or the other
    if (waiting_.fetch_sub(1, std::memory_order_release) == 1) {
      const std::lock_guard lock(mutex_);  // stop could stand between its look at depth() and its sleep
      drained_.notify_all();
    }
    return true;
  }
  std::unique_lock lock(mutex_);
  while (!take(self, task) && !steal(task)) {
    if (ended_) return false;
    ++idle_;
    work_.wait(lock);
    --idle_;
  }
  busy_.fetch_add(1, std::memory_order_relaxed);
  begin();
  return true;
}

// With the mutex held: a task for now and, if the queue is long and nobody sleeps, a fair share of it for later.
bool WorkerPool::take(Worker& self, Task& task) noexcept {
  const std::size_t share = idle_ == 0 ? std::min<std::size_t>(queued_ / workers_.size(), batch_limit + 1) : 1;
  if (!pop(task)) return false;
  std::uint32_t end = 0;
  while (end + 1 < share && pop(self.batch[end])) ++end;
  self.end = end;
  self.next.store(0, std::memory_order_relaxed);
  return true;
}

// With the mutex held: what another worker has taken but not begun.
bool WorkerPool::steal(Task& task) noexcept {
  return std::any_of(workers_.begin(), workers_.end(), [&](const auto& worker) { return worker->claim(task); });
}

// With the mutex held: the head of the queue.
bool WorkerPool::pop(Task& task) noexcept {
  if (queued_ == 0) return false;
  task = ring_[head_];
  head_ = (head_ + 1) % ring_.size();
  --queued_;
  return true;
}

// With the mutex held: one task waits no longer.
void WorkerPool::begin() noexcept {
  if (waiting_.fetch_sub(1, std::memory_order_release) == 1) drained_.notify_all();
}

}  // namespace kirsch::pipeline
