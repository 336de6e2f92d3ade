// The order is that of the design: HttpError and Redirect go to before_finalize, other errors take the error hooks
// first, and a failing hook leaves only the failsafe ones of its own point.
#include "pipeline/course.h"

namespace kirsch::pipeline {

std::string_view word(Stage stage) {
  if (const auto hook = stages::hooks[stages::number(stage)]; hook != stages::no_hook)
    return loader::word(static_cast<kirsch_hook>(hook));
  return stage == Stage::handler ? "handler" : stage == Stage::body ? "on_body" : "no step";
}

void Course::note_failure(Outcome outcome) {
  const bool before_answer = stage_ <= Stage::handler;
  if (outcome == Outcome::answer && !before_answer) return;
  Stage target = target_;
  if (before_answer) target = outcome == Outcome::unexpected ? Stage::before_error_response : Stage::before_finalize;
  // The worse of two failures in one hook point decides.
  if (!failsafe_only_ || target == Stage::before_error_response) target_ = target;
  failsafe_only_ = true;
}

void Course::leave() {
  if (stage_ != Stage::on_end_request && stage_ != Stage::done) enter(Stage::on_end_request);
}

}  // namespace kirsch::pipeline
