// Work that does not fit into one call: suspend and resume, timers, workers, and messages to a loop.
#pragma once

#include <kirsch/exchange.h>
#include <kirsch/host.h>

namespace kirsch {

// Continues a suspended exchange. Copyable, callable from any thread, at most one call has an effect; none if the
// client has gone.
class Resume {
 public:
  Resume() = default;
  explicit Resume(kirsch_handle handle) : handle_(handle) {}
  void operator()() const {
    detail::cached_feature<kirsch_resume>(KIRSCH_FEATURE_RESUME).resume(detail::host, handle_);
  }

 private:
  kirsch_handle handle_{};
};

template <class Resumed>
Resume Exchange::suspend(Resumed resumed) {
  auto state = std::make_unique<Resumed>(std::move(resumed));
  const auto handle = raw_->functions->suspend(
      raw_,
      [](void* self, kirsch_exchange* exchange) -> std::uint32_t {
        return detail::guarded(exchange, [self](Exchange& view) { return (*static_cast<Resumed*>(self))(view); });
      },
      [](void* self) { delete static_cast<Resumed*>(self); }, state.get());
  state.release();
  return Resume(handle);
}

namespace detail {
template <class Callable>
kirsch_task task(std::unique_ptr<Callable>& callable) {
  return {[](void* self) { (*std::unique_ptr<Callable>(static_cast<Callable*>(self)))(); },
          [](void* self) { delete static_cast<Callable*>(self); }, callable.get()};
}
}  // namespace detail

// Runs `callable` on a worker, where it may block. Any thread. It must not throw (std::terminate). False: the queue is
// full; false also before the loops run, as in `start` of priorities below 90, and after they have ended.
template <class Callable>
bool submit(Callable callable) {
  auto owned = std::make_unique<Callable>(std::move(callable));
  const bool taken =
      detail::cached_feature<kirsch_submit>(KIRSCH_FEATURE_SUBMIT).submit(detail::host, detail::task(owned)) != 0;
  if (taken) owned.release();
  return taken;
}

// Runs `callable` on the loop of that lane. Any thread. It must not throw. False: that loop has ended; false also
// before the loops run, as in `start` of priorities below 90.
template <class Callable>
bool post(std::uint32_t lane, Callable callable) {
  auto owned = std::make_unique<Callable>(std::move(callable));
  const bool taken =
      detail::cached_feature<kirsch_post>(KIRSCH_FEATURE_POST).post(detail::host, lane, detail::task(owned)) != 0;
  if (taken) owned.release();
  return taken;
}

// Names a running timer; only for `cancel`, on the thread that started it.
struct Timer {
  std::uint32_t lane = 0;
  std::uint64_t number = 0;
};

// Runs `callable` once on this loop after at least `delay`. Call on the loop's own thread only (an inline or async
// step, a callback of a stream, timer or post); `lane` is that loop's. It must not throw; it is dropped unrun when the
// server stops first.
template <class Callable>
Timer after(std::uint32_t lane, std::chrono::milliseconds delay, Callable callable) {
  auto owned = std::make_unique<Callable>(std::move(callable));
  const auto number = detail::cached_feature<kirsch_timer>(KIRSCH_FEATURE_TIMER)
                          .start(
                              detail::host, lane, static_cast<std::uint64_t>(delay.count() < 0 ? 0 : delay.count()),
                              [](void* self) { (*static_cast<Callable*>(self))(); },
                              [](void* self) { delete static_cast<Callable*>(self); }, owned.release());
  return {lane, number};
}
inline void cancel(Timer timer) {
  detail::cached_feature<kirsch_timer>(KIRSCH_FEATURE_TIMER).cancel(detail::host, timer.lane, timer.number);
}

}  // namespace kirsch
