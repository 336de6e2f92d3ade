// The order is that of the design: HttpError and Redirect go to before_finalize, other errors take the error hooks
// first, and a failing hook leaves only the failsafe ones of its own point.
#include "pipeline/course.h"

#include <optional>

namespace kirsch::pipeline {
namespace {

std::optional<kirsch_hook> hook_of(Stage stage) {
  switch (stage) {
    case Stage::on_start_resource:
      return KIRSCH_HOOK_ON_START_RESOURCE;
    case Stage::before_request_body:
      return KIRSCH_HOOK_BEFORE_REQUEST_BODY;
    case Stage::before_handler:
      return KIRSCH_HOOK_BEFORE_HANDLER;
    case Stage::before_finalize:
      return KIRSCH_HOOK_BEFORE_FINALIZE;
    case Stage::on_end_resource:
      return KIRSCH_HOOK_ON_END_RESOURCE;
    case Stage::on_end_request:
      return KIRSCH_HOOK_ON_END_REQUEST;
    case Stage::before_error_response:
      return KIRSCH_HOOK_BEFORE_ERROR_RESPONSE;
    case Stage::after_error_response:
      return KIRSCH_HOOK_AFTER_ERROR_RESPONSE;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string_view word(Stage stage) {
  if (const auto hook = hook_of(stage)) return loader::word(*hook);
  return stage == Stage::handler ? "handler" : stage == Stage::body ? "on_body" : "no step";
}

void Course::begin(const Plan& plan, Stage stage) {
  plan_ = &plan;
  enter(stage);
}

void Course::enter(Stage stage) {
  stage_ = stage;
  target_ = following(stage);
  failsafe_only_ = false;
  index_ = 0;
}

Stage Course::following(Stage stage) {
  if (stage == Stage::after_error_response) return Stage::before_finalize;
  if (stage == Stage::done) return Stage::done;
  return static_cast<Stage>(static_cast<std::uint8_t>(stage) + 1);
}

const Step* Course::step() {
  while (const auto hook = hook_of(stage_)) {
    const auto steps = plan_->hook(*hook);
    while (index_ < steps.size() && failsafe_only_ && !steps[index_].failsafe) ++index_;
    if (index_ < steps.size()) return &steps[index_];
    enter(target_);
  }
  return stage_ == Stage::handler && plan_->handler().function != nullptr ? &plan_->handler() : nullptr;
}

void Course::fail(Stage target) {
  // The worse of two failures in one hook point decides.
  if (!failsafe_only_ || target == Stage::before_error_response) target_ = target;
  failsafe_only_ = true;
}

void Course::settle(Outcome outcome) {
  const bool before_answer = stage_ <= Stage::handler;
  ++index_;
  if (outcome == Outcome::unexpected) {
    fail(before_answer ? Stage::before_error_response : target_);
  } else if (outcome == Outcome::http_error) {
    fail(before_answer ? Stage::before_finalize : target_);
  } else if (outcome == Outcome::answer && before_answer) {
    fail(Stage::before_finalize);
  }
  if (stage_ == Stage::handler) enter(target_);
}

void Course::leave() {
  if (stage_ != Stage::on_end_request && stage_ != Stage::done) enter(Stage::on_end_request);
}

}  // namespace kirsch::pipeline
