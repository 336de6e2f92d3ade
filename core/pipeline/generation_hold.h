// Keeps a generation in use while a worker does what an upgraded connection has begun: it may take longer than that.
#pragma once

#include <memory>

namespace kirsch::pipeline {

struct StreamUse;

// A use of the generation until the last copy is gone, whichever thread has it.
using GenerationHold = std::shared_ptr<const StreamUse>;

// Lies around a call of a module: what the module submits in it holds the generation of the innermost one.
class HoldScope {
 public:
  explicit HoldScope(const StreamUse& of_event) noexcept;      // on the loop of the stream
  explicit HoldScope(const GenerationHold& of_call) noexcept;  // of a task or a timer; may be null
  HoldScope(const HoldScope&) = delete;
  HoldScope& operator=(const HoldScope&) = delete;
  ~HoldScope();

  // On this thread. For a message: that of the call. For a worker: in an event a new one, too; throws std::bad_alloc.
  static GenerationHold for_message() noexcept;
  static GenerationHold for_worker();
  // A worker was not to be had. Who starts a timer then is to ask again: it takes this.
  static void refused(GenerationHold hold) noexcept;
  static GenerationHold for_timer() noexcept;

 private:
  const StreamUse* const event_;
  const GenerationHold* const call_;
  GenerationHold refused_;
  HoldScope* const outer_;
};

}  // namespace kirsch::pipeline
