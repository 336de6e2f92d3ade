// The course of an exchange through its plan: which step is next, and where a failure leads. Pure bookkeeping, no I/O.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pipeline/plan.h"
#include "pipeline/stage.h"

namespace kirsch::pipeline {

enum class Outcome : std::uint8_t {
  next,
  answer,      // the response is ready
  http_error,  // the response is the page of an HttpError
  unexpected,  // an error that the client learns nothing about
};

// Stands at a step, at a milestone, or at `handler` where the path has none. Hook points without steps are passed by.
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
  const Step* step() const { return next_ != end_ ? next_ : nullptr; }
  // How many steps from `step` on, which is one, are plain and follow each other if each says next.
  std::size_t plain_steps() const { return failsafe_only_ ? next_->plain != 0 : next_->plain; }
  // All of them before this one have said next.
  void pass(const Step* until) {
    next_ = until;
    go_on();
  }
  // What the current step, or a handler that is not there, came to. Goes on to the next.
  void settle(Outcome outcome) {
    if (next_ != end_) ++next_;
    if (outcome != Outcome::next) note_failure(outcome);
    go_on();
  }
  // The current milestone is reached.
  void advance() { enter(target_); }
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
  [[gnu::always_inline]] void enter(Stage stage) {
    const Stretch& stretch = plan_->stretch(stage);
    stage_ = stretch.stage;
    target_ = stretch.follower;
    next_ = stretch.begin;
    end_ = stretch.end;
    failsafe_only_ = false;
  }
  void go_on() {
    if (failsafe_only_) {
      while (next_ != end_ && !next_->failsafe) ++next_;
    }
    if (next_ == end_) enter(target_);
  }
  void note_failure(Outcome outcome);

  const Plan* plan_ = nullptr;
  const Step* next_ = nullptr;
  const Step* end_ = nullptr;
  Stage stage_ = Stage::done;
  Stage target_ = Stage::done;  // where this stage leads
  bool failsafe_only_ = false;
};

}  // namespace kirsch::pipeline
