// The order is that of the design: HttpError and Redirect go to before_finalize, other errors take the error hooks
// first, and a failing hook leaves only the failsafe ones of its own point.
#include "pipeline/course.h"

namespace kirsch::pipeline {

std::string_view word(Stage stage) {
  if (course::hooks[course::number(stage)] != course::no_hook)
    return loader::word(static_cast<kirsch_hook>(course::hooks[course::number(stage)]));
  return stage == Stage::handler ? "handler" : stage == Stage::body ? "on_body" : "no step";
}

void Course::fail(Stage target) {
  // The worse of two failures in one hook point decides.
  if (!failsafe_only_ || target == Stage::before_error_response) target_ = target;
  failsafe_only_ = true;
}

void Course::settle_failure(Outcome outcome) {
  const bool before_answer = stage_ <= Stage::handler;
  ++index_;
  if (outcome == Outcome::unexpected) {
    fail(before_answer ? Stage::before_error_response : target_);
  } else if (outcome == Outcome::http_error) {
    fail(before_answer ? Stage::before_finalize : target_);
  } else if (before_answer) {
    fail(Stage::before_finalize);
  }
  if (stage_ == Stage::handler) enter(target_);
}

void Course::leave() {
  if (stage_ != Stage::on_end_request && stage_ != Stage::done) enter(Stage::on_end_request);
}

}  // namespace kirsch::pipeline
