// The timers of a loop: a heap with positions, so that starting and cancelling cost O(log n) each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace kirsch::net {

// The loop's thread only.
class Timers {
 public:
  using Callback = void (*)(void* self);
  // What start returns where there is no memory, or the loop has ended: nothing will fire.
  static constexpr std::uint64_t none = UINT64_MAX;

  // See Loop::start_timer.
  std::uint64_t start(std::uint64_t milliseconds, Callback run, Callback destroy, void* self) noexcept;
  void cancel(std::uint64_t timer) noexcept;
  // Fires what is due at `now`, in order of time, ties in order of start. What a timer starts waits for the next call.
  void fire(base::SteadyTime now) noexcept;
  std::optional<base::SteadyTime> next() const noexcept;
  // Destroys all that wait; later ones are destroyed at once.
  void end() noexcept;

 private:
  static constexpr std::uint32_t unused = UINT32_MAX;

  struct Timer {
    Callback fire = nullptr;
    Callback destroy = nullptr;
    void* self = nullptr;
    std::uint32_t generation = 1;     // never 0, so that no number is
    std::uint32_t position = unused;  // in heap_
  };
  struct Entry {
    base::SteadyTime due;
    std::uint64_t sequence;
    std::uint32_t index;  // in timers_
    bool before(const Entry& other) const noexcept {
      return due != other.due ? due < other.due : sequence < other.sequence;
    }
  };
  std::optional<std::uint32_t> allocate() noexcept;
  Timer remove(std::uint32_t position) noexcept;
  void place(std::size_t position, const Entry& entry) noexcept;
  void rise(std::size_t position, const Entry& entry) noexcept;
  void sink(std::size_t position, const Entry& entry) noexcept;

  // All three have the capacity of the first: giving back and queueing cannot fail.
  std::vector<Timer> timers_;
  std::vector<std::uint32_t> free_;  // indices into timers_
  std::vector<Entry> heap_;
  std::uint64_t sequence_ = 0;
  bool ended_ = false;
};

}  // namespace kirsch::net
