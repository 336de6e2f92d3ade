// Steps are noted in the lane of the thread, other calls in the thread itself.
#include "pipeline/running.h"

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "pipeline/step_watch.h"

namespace kirsch::pipeline {
namespace {

thread_local const StepWatch::Lane* own_lane = nullptr;
thread_local const CallLabel* own_call = nullptr;

}  // namespace

const CallLabel& call_label(std::string_view name, std::string_view text) {
  // Never destroyed: threads that were left behind may still look.
  static auto& mutex = *new std::mutex;
  static auto& labels = *new std::map<std::pair<std::string, std::string>, std::unique_ptr<const CallLabel>>;
  const std::lock_guard lock(mutex);
  auto& label = labels[{std::string(name), std::string(text)}];
  if (label == nullptr) label = std::make_unique<const CallLabel>(CallLabel{std::string(name), std::string(text)});
  return *label;
}

void StepWatch::Lane::watch_this_thread() const noexcept { own_lane = this; }

Running running() noexcept {
  if (own_lane != nullptr) {
    if (const auto step = own_lane->step(); step.label != nullptr) return step;
  }
  return {.label = own_call, .loop = 0, .request = 0};
}

RunningCall::RunningCall(const CallLabel& label) noexcept : before_(std::exchange(own_call, &label)) {}

RunningCall::~RunningCall() { own_call = before_; }

}  // namespace kirsch::pipeline
