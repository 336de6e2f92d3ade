// Entered and left on the loop of the stream, as all uses of a generation are.
#include "pipeline/generation_hold.h"

#include <utility>

#include "pipeline/dispatcher.h"
#include "pipeline/stream.h"

namespace kirsch::pipeline {
namespace {

thread_local HoldScope* innermost = nullptr;

// A loop that has ended counts nothing any more.
void leave_on_loop(const StreamUse* use) {
  const kirsch_task leave{[](void* self) {
                            const std::unique_ptr<const StreamUse> own(static_cast<const StreamUse*>(self));
                            own->generation.leave(own->dispatcher.lane());
                          },
                          [](void* self) { delete static_cast<const StreamUse*>(self); }, const_cast<StreamUse*>(use)};
  if (!use->dispatcher.loop().post(leave)) leave.drop(leave.self);
}

}  // namespace

HoldScope::HoldScope(const StreamUse& of_event) noexcept
    : event_(&of_event), call_(nullptr), outer_(std::exchange(innermost, this)) {}

HoldScope::HoldScope(const GenerationHold& of_call) noexcept
    : event_(nullptr), call_(&of_call), outer_(std::exchange(innermost, this)) {}

HoldScope::~HoldScope() { innermost = outer_; }

GenerationHold HoldScope::for_message() noexcept {
  return innermost == nullptr || innermost->call_ == nullptr ? nullptr : *innermost->call_;
}

GenerationHold HoldScope::for_worker() {
  if (innermost == nullptr || innermost->event_ == nullptr) return for_message();
  auto use = std::make_unique<StreamUse>(*innermost->event_);
  use->generation.enter(use->dispatcher.lane());
  return {use.release(), leave_on_loop};
}

void HoldScope::refused(GenerationHold hold) noexcept {
  if (innermost != nullptr) innermost->refused_ = std::move(hold);
}

GenerationHold HoldScope::for_timer() noexcept {
  return innermost == nullptr ? nullptr : std::exchange(innermost->refused_, nullptr);
}

}  // namespace kirsch::pipeline
