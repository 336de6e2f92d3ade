// The order is that of the design: HttpError and Redirect go to before_finalize, other errors take the error hooks
// first, and a failing hook leaves only the failsafe ones of its own point.
#include "pipeline/course.h"

#include <array>
#include <cstddef>

namespace kirsch::pipeline {
namespace {

constexpr std::size_t stages = static_cast<std::size_t>(Stage::after_error_response) + 1;
constexpr std::uint8_t no_hook = KIRSCH_HOOKS;

constexpr std::size_t number(Stage stage) { return static_cast<std::size_t>(stage); }

constexpr auto hooks = [] {
  std::array<std::uint8_t, stages> table{};
  table.fill(no_hook);
  table[number(Stage::on_start_resource)] = KIRSCH_HOOK_ON_START_RESOURCE;
  table[number(Stage::before_request_body)] = KIRSCH_HOOK_BEFORE_REQUEST_BODY;
  table[number(Stage::before_handler)] = KIRSCH_HOOK_BEFORE_HANDLER;
  table[number(Stage::before_finalize)] = KIRSCH_HOOK_BEFORE_FINALIZE;
  table[number(Stage::on_end_resource)] = KIRSCH_HOOK_ON_END_RESOURCE;
  table[number(Stage::on_end_request)] = KIRSCH_HOOK_ON_END_REQUEST;
  table[number(Stage::before_error_response)] = KIRSCH_HOOK_BEFORE_ERROR_RESPONSE;
  table[number(Stage::after_error_response)] = KIRSCH_HOOK_AFTER_ERROR_RESPONSE;
  return table;
}();

constexpr auto followers = [] {
  std::array<Stage, stages> table{};
  for (std::size_t stage = 0; stage < stages; ++stage) table[stage] = static_cast<Stage>(stage + 1);
  table[number(Stage::after_error_response)] = Stage::before_finalize;
  table[number(Stage::done)] = Stage::done;
  return table;
}();

}  // namespace

std::string_view word(Stage stage) {
  if (hooks[number(stage)] != no_hook) return loader::word(static_cast<kirsch_hook>(hooks[number(stage)]));
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

Stage Course::following(Stage stage) { return followers[number(stage)]; }

const Step* Course::step() {
  for (std::uint8_t hook = hooks[number(stage_)]; hook != no_hook; hook = hooks[number(stage_)]) {
    const auto steps = plan_->hook(static_cast<kirsch_hook>(hook));
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
