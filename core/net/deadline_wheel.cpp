// Slots of 250 ms, 64 s in all; what lies further away is looked at once in a round.
#include "net/deadline_wheel.h"

#include <algorithm>
#include <bit>

namespace kirsch::net {

DeadlineWheel::DeadlineWheel(base::SteadyTime now) noexcept
    : now_tick_(nanoseconds(now) / tick), turn_(begin_of(now_tick_ + 1)) {}

void DeadlineWheel::queue(Deadline& deadline) noexcept {
  deadline.unlink();
  const std::int64_t slot_tick = std::clamp(due_tick(deadline), now_tick_ + 1, now_tick_ + slots - 1);
  deadline.look_begin_ = (slot_tick - 1) * tick;
  const auto slot = static_cast<std::size_t>(slot_tick % slots);
  slots_[slot].append(deadline);
  occupied_[slot / 64] |= 1ULL << slot % 64;
}

Deadline* DeadlineWheel::look(base::SteadyTime now) noexcept {
  const std::int64_t target = nanoseconds(now) / tick;
  for (;;) {
    while (Deadline* deadline = due_.pop()) {
      if (deadline->at_ == Deadline::none) continue;
      if (due_tick(*deadline) > now_tick_) {
        queue(*deadline);
        continue;
      }
      deadline->at_ = Deadline::none;
      return deadline;
    }
    if (now_tick_ >= target) return nullptr;
    // After a long sleep one round sees every slot.
    now_tick_ = std::max(now_tick_ + 1, target - slots + 1);
    turn_ = begin_of(now_tick_ + 1);
    const auto slot = static_cast<std::size_t>(now_tick_ % slots);
    occupied_[slot / 64] &= ~(1ULL << slot % 64);
    due_.take(slots_[slot]);
  }
}

std::optional<base::SteadyTime> DeadlineWheel::next() const noexcept {
  // From the bit behind now_tick_ on, word by word, and its own word again at the end.
  auto at = static_cast<std::uint64_t>(now_tick_ + 1);
  for (std::size_t words = 0; words <= occupied_.size(); ++words) {
    const std::uint64_t rest = occupied_[at / 64 % occupied_.size()] >> at % 64;
    if (rest != 0) return begin_of(static_cast<std::int64_t>(at) + std::countr_zero(rest));
    at += 64 - at % 64;
  }
  return std::nullopt;
}

}  // namespace kirsch::net
