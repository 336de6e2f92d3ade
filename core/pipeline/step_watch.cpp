// A step that is seen twice with the same turn has run at least as long as the two looks are apart.
#include "pipeline/step_watch.h"

#include "base/text.h"
#include "pipeline/exchange_id.h"

namespace kirsch::pipeline {

StepWatch::StepWatch(std::uint32_t lanes, std::chrono::milliseconds longest, base::Log& log)
    : lanes_(std::make_unique<Lane[]>(lanes)), seen_(lanes), longest_(longest), log_(log) {}

void StepWatch::look(base::SteadyTime now) {
  for (std::uint32_t number = 0; number < seen_.size(); ++number) {
    auto& seen = seen_[number];
    const auto turn = lanes_[number].turn_.load(std::memory_order_acquire);
    if (turn != seen.turn) {
      seen = {turn, now, false};
    } else if (turn % 2 == 1 && !seen.told && now - seen.since >= longest_) {
      tell(number);
      seen.told = true;
    }
  }
}

void StepWatch::tell(std::uint32_t number) {
  const auto& lane = lanes_[number];
  const auto* const label = lane.label_.load(std::memory_order_relaxed);
  const auto request =
      exchange_id(lane.loop_.load(std::memory_order_relaxed), lane.request_.load(std::memory_order_relaxed));
  const auto time = std::chrono::nanoseconds(longest_).count();
  log_.write(base::Level::warning, "request " + request + ": " + label->name + " has not returned for " +
                                       base::duration_text(time) + " on lane " + std::to_string(number));
}

}  // namespace kirsch::pipeline
