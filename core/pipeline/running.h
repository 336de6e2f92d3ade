// Which code of a module runs on this thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kirsch::pipeline {

// Lives as long as the process, so whoever looks from outside may.
struct CallLabel {
  std::string name;  // of the tool or handler, as YAML writes it
  std::string text;  // "module chat 1.2.0, tool chat, before_handler"
};
// The same object for the same texts. Any thread.
const CallLabel& call_label(std::string_view name, std::string_view text);

struct Running {
  const CallLabel* label = nullptr;  // null: no code of a module, as far as is known
  std::uint32_t loop = 0;
  std::uint64_t request = 0;  // 0: of none
};
// Of the calling thread. May be called in the handler of a signal.
Running running() noexcept;

// Says so during a call that is no step of a request: a timer, a task, an event of a stream.
class RunningCall {
 public:
  explicit RunningCall(const CallLabel& label) noexcept;
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;
  ~RunningCall();

 private:
  const CallLabel* const before_;
};

}  // namespace kirsch::pipeline
