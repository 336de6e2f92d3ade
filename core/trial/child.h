// A check in a process of its own, which may die or hang of what the module does.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "trial/finding.h"

namespace kirsch::trial {

// What the child is at. It is told when the child dies of it.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void doing(std::string_view what) noexcept = 0;
};

using Check = std::function<Outcome(Progress& progress)>;

// Runs `check` in a fork of this process, which must have one thread. A crash, an exception, an exit or more than
// `limit` is a failure that says which, and what was being done. What the module says on standard streams is lost.
Outcome in_child(std::chrono::milliseconds limit, const Check& check);

// A server, say: a fork of the fork, in its group, so that it is ended with it. Its standard streams go to `output`.
class Companion {
 public:
  Companion(const std::function<int()>& run, const char* output);
  ~Companion();  // kills it
  Companion(const Companion&) = delete;
  Companion& operator=(const Companion&) = delete;

  // Whether it has begun to end, which comes before the end of its connections, or has ended.
  bool ending() const;
  // False: it still runs after that time.
  bool ends_within(std::chrono::milliseconds patience) noexcept;
  // Once it has ended: "ended with exit code 3", "was ended by signal 11 (Segmentation fault)"; empty: by itself, with
  // 0.
  std::string fault() const;
  std::optional<int> exit_code() const;  // none: a signal ended it

 private:
  pid_t process_ = -1;
  int status_ = 0;
};

}  // namespace kirsch::trial
