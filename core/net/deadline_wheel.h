// The deadlines of a loop's transports: moving one costs a store, the wheel looks again when its old slot comes round.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "net/list.h"

namespace kirsch::net {

// Part of a transport. Leaves the wheel when destroyed.
class Deadline : public Link<Deadline> {
 protected:
  Deadline() = default;
  ~Deadline() = default;

 private:
  friend class DeadlineWheel;
  static constexpr std::int64_t none = INT64_MAX;
  std::int64_t at_ = none;       // nanoseconds of the monotonic clock
  std::int64_t look_begin_ = 0;  // what is due after that can wait for the slot that it is in, if linked
};

// The loop's thread only.
class DeadlineWheel {
 public:
  explicit DeadlineWheel(base::SteadyTime now) noexcept;

  [[gnu::always_inline]] void set(Deadline& deadline, base::SteadyTime due) noexcept {
    deadline.at_ = nanoseconds(due);
    if (!deadline.linked() || deadline.at_ <= deadline.look_begin_) queue(deadline);
  }
  void clear(Deadline& deadline) noexcept { deadline.at_ = Deadline::none; }
  // The next one that has passed, unset; null: no more.
  Deadline* expired(base::SteadyTime now) noexcept { return now < turn_ && due_.empty() ? nullptr : look(now); }
  // When expired should be called next; may be too soon, is never too late.
  std::optional<base::SteadyTime> next() const noexcept;

 private:
  static constexpr std::int64_t slots = 256;
  static constexpr std::int64_t tick = 250'000'000;  // nanoseconds

  static std::int64_t nanoseconds(base::SteadyTime time) noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  }
  static std::int64_t due_tick(const Deadline& deadline) noexcept { return (deadline.at_ + tick - 1) / tick; }
  void queue(Deadline& deadline) noexcept;
  Deadline* look(base::SteadyTime now) noexcept;
  static base::SteadyTime begin_of(std::int64_t at) { return base::SteadyTime(std::chrono::nanoseconds(at * tick)); }

  std::int64_t now_tick_;  // all slots up to this one are empty
  base::SteadyTime turn_;  // when the next one begins
  List<Deadline> due_;     // of the slot that is being looked at
  std::array<List<Deadline>, slots> slots_;
  std::array<std::uint64_t, slots / 64> occupied_{};  // a bit per slot that may hold something
};

}  // namespace kirsch::net
