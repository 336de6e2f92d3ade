// The course of an exchange through its plan: which step is next, and where a failure leads. Pure bookkeeping, no I/O.
#pragma once

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
  const Step* step();
  // What the current step, or a handler that is not there, came to. Goes on to the next.
  void settle(Outcome outcome);
  // The current milestone is reached.
  void advance() { enter(following(stage_)); }
  // The milestone `body` ended otherwise.
  void fail_body(Outcome outcome) {
    enter(outcome == Outcome::unexpected ? Stage::before_error_response : Stage::before_finalize);
  }
  // The client has gone: only on_end_request is left. Nothing changes if it has begun.
  void leave();

 private:
  void begin(const Plan& plan, Stage stage);
  void enter(Stage stage);
  static Stage following(Stage stage);
  void fail(Stage target);

  const Plan* plan_ = nullptr;
  Stage stage_ = Stage::done;
  Stage target_ = Stage::done;  // where this hook stage leads
  bool failsafe_only_ = false;
  std::uint32_t index_ = 0;
};

}  // namespace kirsch::pipeline
