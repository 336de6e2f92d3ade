// The course of an exchange through its plan: which step is next, and where a failure leads. Pure bookkeeping, no I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/plan.h"

namespace kirsch::pipeline {

// Stages in the order of a request; those of an error come last. Hook stages and `handler` consist of steps; the others
// are milestones that the exchange carries out.
enum class Stage : std::uint8_t {
  on_start_resource,
  before_request_body,
  body,  // milestone: read it
  before_handler,
  handler,
  before_finalize,
  head,  // milestone: commit and send it
  on_end_resource,
  leave,  // milestone: send the body
  on_end_request,
  done,  // milestone
  before_error_response,
  error_page,  // milestone: make it
  after_error_response,
};

namespace course {

inline constexpr std::size_t stages = static_cast<std::size_t>(Stage::after_error_response) + 1;
inline constexpr std::uint8_t no_hook = KIRSCH_HOOKS;

inline constexpr std::size_t number(Stage stage) { return static_cast<std::size_t>(stage); }

inline constexpr auto hooks = [] {
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

inline constexpr auto followers = [] {
  std::array<Stage, stages> table{};
  for (std::size_t stage = 0; stage < stages; ++stage) table[stage] = static_cast<Stage>(stage + 1);
  table[number(Stage::after_error_response)] = Stage::before_finalize;
  table[number(Stage::done)] = Stage::done;
  return table;
}();

}  // namespace course

// For the log.
std::string_view word(Stage stage);

enum class Outcome : std::uint8_t {
  next,
  answer,      // the response is ready
  http_error,  // the response is the page of an HttpError
  unexpected,  // an error that the client learns nothing about
};

class Course {
 public:
  void start(const Plan& plan) { begin(plan, Stage::on_start_resource); }
  // For an answer to a message that was rejected: error hooks, then before_finalize, on_end_resource and
  // on_end_request.
  void start_rejected(const Plan& plan) { begin(plan, Stage::before_error_response); }
  // The answer was made before any step: before_finalize, on_end_resource and on_end_request.
  void start_answered(const Plan& plan) { begin(plan, Stage::before_finalize); }

  Stage stage() const { return stage_; }

  // The step to run now, or null at a milestone (or at `handler` where the path has none: settle it as well).
  const Step* step() {
    for (auto hook = course::hooks[course::number(stage_)]; hook != course::no_hook;
         hook = course::hooks[course::number(stage_)]) {
      const auto steps = plan_->hook(static_cast<kirsch_hook>(hook));
      while (index_ < steps.size() && failsafe_only_ && !steps[index_].failsafe) ++index_;
      if (index_ < steps.size()) return &steps[index_];
      enter(target_);
    }
    return stage_ == Stage::handler && plan_->handler().function != nullptr ? &plan_->handler() : nullptr;
  }
  // What the current step, or a handler that is not there, came to. Goes on to the next.
  void settle(Outcome outcome) {
    if (outcome != Outcome::next) return settle_failure(outcome);
    ++index_;
    if (stage_ == Stage::handler) enter(target_);
  }
  // The current milestone is reached.
  void advance() { enter(following(stage_)); }
  // The milestone `body` ended otherwise.
  void fail_body(Outcome outcome) {
    enter(outcome == Outcome::unexpected ? Stage::before_error_response : Stage::before_finalize);
  }
  // The client has gone: only on_end_request is left. Nothing changes if it has begun.
  void leave();

 private:
  void begin(const Plan& plan, Stage stage) {
    plan_ = &plan;
    enter(stage);
  }
  void enter(Stage stage) {
    stage_ = stage;
    target_ = following(stage);
    failsafe_only_ = false;
    index_ = 0;
  }
  static Stage following(Stage stage) { return course::followers[course::number(stage)]; }
  void settle_failure(Outcome outcome);
  void fail(Stage target);

  const Plan* plan_ = nullptr;
  Stage stage_ = Stage::done;
  Stage target_ = Stage::done;  // where this hook stage leads
  bool failsafe_only_ = false;
  std::uint32_t index_ = 0;
};

}  // namespace kirsch::pipeline
