// The heap of timers.
#include "net/timers.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <new>
#include <utility>

namespace kirsch::net {
namespace {

// Longer ones would overflow the clock's arithmetic; nobody waits for them.
constexpr std::uint64_t longest_milliseconds = 100ULL * 365 * 86'400'000;

template <class Element>
std::size_t room_for_one_more(const std::vector<Element>& vector) noexcept {
  return vector.size() < vector.capacity() ? vector.capacity() : vector.size() * 2 + 16;
}

}  // namespace

std::uint64_t Timers::start(std::uint64_t milliseconds, Callback run, Callback destroy, void* self) noexcept {
  const std::optional<std::uint32_t> index = ended_ ? std::nullopt : allocate();
  if (!index) {
    if (destroy) destroy(self);
    return none;
  }
  Timer& timer = timers_[*index];
  timer.fire = run;
  timer.destroy = destroy;
  timer.self = self;
  // Not the loop's time of the turn: the turn may have lasted, and a timer must not come early.
  const auto due = base::steady_now() + std::chrono::milliseconds(std::min(milliseconds, longest_milliseconds));
  const Entry entry{due, ++sequence_, *index};
  heap_.push_back(entry);
  rise(heap_.size() - 1, entry);
  return std::uint64_t{timer.generation} << 32 | *index;
}

void Timers::cancel(std::uint64_t number) noexcept {
  const auto index = static_cast<std::uint32_t>(number);
  if (index >= timers_.size()) return;
  const Timer& timer = timers_[index];
  if (timer.generation != number >> 32 || timer.position == unused) return;
  const Timer removed = remove(timer.position);
  if (removed.destroy) removed.destroy(removed.self);
}

void Timers::fire(base::SteadyTime now) noexcept {
  const std::uint64_t last = sequence_;
  while (!heap_.empty() && heap_.front().due <= now && heap_.front().sequence <= last) {
    const Timer timer = remove(0);
    timer.fire(timer.self);
    if (timer.destroy) timer.destroy(timer.self);
  }
}

std::optional<base::SteadyTime> Timers::next() const noexcept {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().due;
}

void Timers::end() noexcept {
  ended_ = true;
  while (!heap_.empty()) {
    const Timer timer = remove(0);
    if (timer.destroy) timer.destroy(timer.self);
  }
}

std::optional<std::uint32_t> Timers::allocate() noexcept {
  if (free_.empty()) {
    try {
      timers_.reserve(room_for_one_more(timers_));
      free_.reserve(timers_.capacity());
      heap_.reserve(timers_.capacity());
    } catch (const std::bad_alloc&) {
      return std::nullopt;
    }
    free_.push_back(static_cast<std::uint32_t>(timers_.size()));
    timers_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  return index;
}

Timers::Timer Timers::remove(std::uint32_t position) noexcept {
  const std::uint32_t index = heap_[position].index;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (position < heap_.size()) {
    if (position > 0 && last.before(heap_[(position - 1) / 2])) {
      rise(position, last);
    } else {
      sink(position, last);
    }
  }
  Timer& timer = timers_[index];
  const Timer removed = timer;
  timer.position = unused;
  if (++timer.generation == 0) timer.generation = 1;
  free_.push_back(index);
  return removed;
}

void Timers::place(std::size_t position, const Entry& entry) noexcept {
  heap_[position] = entry;
  timers_[entry.index].position = static_cast<std::uint32_t>(position);
}

void Timers::rise(std::size_t position, const Entry& entry) noexcept {
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (!entry.before(heap_[parent])) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, entry);
}

void Timers::sink(std::size_t position, const Entry& entry) noexcept {
  for (;;) {
    std::size_t child = position * 2 + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].before(heap_[child])) ++child;
    if (!heap_[child].before(entry)) break;
    place(position, heap_[child]);
    position = child;
  }
  place(position, entry);
}

}  // namespace kirsch::net
