// A round is over when the timer of each loop has fired at least once; the last one says so.
#include "heartbeat.h"

#include <kirsch/tasks.h>

namespace systemd {

Heartbeat::Heartbeat(std::uint32_t loops, std::chrono::milliseconds period, std::function<void()> alive)
    : loops_(loops), period_(period), alive_(std::move(alive)), seen_(loops), missing_(loops) {}

void Heartbeat::begin() {
  for (std::uint32_t loop = 0; loop < loops_; ++loop)
    kirsch::post(loop, [self = shared_from_this(), loop] { self->schedule(loop); });
}

void Heartbeat::schedule(std::uint32_t loop) {
  kirsch::after(loop, period_, [self = shared_from_this(), loop] { self->beat(loop); });
}

void Heartbeat::beat(std::uint32_t loop) {
  bool complete = false;
  {
    const std::lock_guard lock(mutex_);
    if (!seen_[loop]) {
      seen_[loop] = true;
      complete = --missing_ == 0;
    }
    if (complete) {
      missing_ = loops_;
      seen_.assign(loops_, false);
    }
  }
  if (complete) alive_();
  schedule(loop);
}

}  // namespace systemd
