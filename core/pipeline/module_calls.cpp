// Each call is wrapped in a record of its own, which also says whose code runs.
#include "pipeline/module_calls.h"

#include <new>
#include <thread>
#include <utility>

namespace kirsch::pipeline {
namespace {

// What a loop that has ended answers, once it has destroyed the timer.
constexpr std::uint64_t gone_already = UINT64_MAX;

}  // namespace

ModuleCalls::ModuleCalls(const std::string& module, unsigned loops)
    : timer_label_(call_label("timer", "module " + module + ", a timer")),
      task_label_(call_label("task", "module " + module + ", a task")),
      timers_(std::make_unique<net::List<Timer>[]>(loops)) {}

// Counted first: who ends the module either sees this one, or this one sees the end.
bool ModuleCalls::begin() noexcept {
  pending_.fetch_add(1);
  if (!ending_.load()) return true;
  finish();
  return false;
}

std::uint64_t ModuleCalls::start_timer(net::Loop& loop, std::uint64_t milliseconds, void (*fire)(void*),
                                       void (*destroy)(void*), void* self) {
  Timer* const timer = begin() ? new (std::nothrow) Timer(this, fire, destroy, self) : nullptr;
  if (timer == nullptr) {
    if (destroy != nullptr) destroy(self);
    return 0;
  }
  timers_[loop.lane()].append(*timer);
  const auto number = loop.start_timer(
      milliseconds,
      [](void* record) {
        auto& own = *static_cast<Timer*>(record);
        const RunningCall running(own.owner->timer_label_);
        const HoldScope scope(own.hold);
        own.fire(own.self);
      },
      [](void* record) {
        const std::unique_ptr<Timer> own(static_cast<Timer*>(record));
        if (own->destroy != nullptr) {
          const HoldScope scope(own->hold);
          own->destroy(own->self);
        }
        own->owner->finish();
      },
      timer);
  if (number != gone_already) timer->number = number;
  return number;
}

kirsch_task ModuleCalls::wrapped(Task* task) const noexcept {
  return {[](void* record) {
            const std::unique_ptr<Task> own(static_cast<Task*>(record));
            {
              const RunningCall running(own->owner->task_label_);
              const HoldScope scope(own->hold);
              own->task.run(own->task.self);
            }
            own->owner->finish();
          },
          [](void* record) {
            const std::unique_ptr<Task> own(static_cast<Task*>(record));
            {
              const HoldScope scope(own->hold);
              own->task.drop(own->task.self);
            }
            own->owner->finish();
          },
          task};
}

// False: nothing was called.
template <class Give>
bool ModuleCalls::give(const kirsch_task& task, const GenerationHold& hold, Give give) {
  if (!begin()) return false;
  auto* const record = new (std::nothrow) Task{this, task, hold};
  if (record != nullptr && give(wrapped(record))) return true;
  delete record;
  finish();
  return false;
}

bool ModuleCalls::post(net::Loop& loop, const kirsch_task& task) {
  return give(task, HoldScope::for_message(), [&](const kirsch_task& whole) { return loop.post(whole); });
}

bool ModuleCalls::submit(WorkerPool& workers, const kirsch_task& task) {
  try {
    auto hold = HoldScope::for_worker();
    if (give(task, hold, [&](const kirsch_task& whole) { return workers.submit(whole); })) return true;
    HoldScope::refused(std::move(hold));
  } catch (const std::bad_alloc&) {
  }
  return false;
}

bool ModuleCalls::end(std::span<net::Loop* const> loops, std::chrono::milliseconds patience) {
  ending_.store(true);
  for (net::Loop* const loop : loops) {
    pending_.fetch_add(1);
    const bool posted = loop->post([this, loop] {
      auto& timers = timers_[loop->lane()];
      while (Timer* timer = timers.pop()) loop->cancel_timer(timer->number);
      finish();
    });
    if (!posted) finish();
  }
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (pending_.load(std::memory_order_acquire) != 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace kirsch::pipeline
