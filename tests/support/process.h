// A child process whose output is collected while it runs, so that it never blocks on a full pipe, and that a test can
// wait for without polling.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace kirsch::test {

using Milliseconds = std::chrono::milliseconds;

// Generous: a deadline only turns a hang into a failure.
inline constexpr Milliseconds patience{60000};

struct ProcessOptions {
  std::filesystem::path folder;                    // working directory; empty: that of the test
  std::map<std::string, std::string> environment;  // on top of the test's own
  std::string input;                               // standard input
};

class Process {
 public:
  // What the process has written so far.
  struct Output {
    std::string out;     // standard output
    std::string errors;  // standard error
    std::string all;     // both, in the order of arrival
    bool ended = false;
  };

  // Starts arguments[0] (found in PATH). Throws std::system_error.
  explicit Process(const std::vector<std::string>& arguments, const ProcessOptions& options = {});
  ~Process();  // kills and reaps
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  Output output() const;
  void signal(int number);  // nothing once it has ended

  // Waits until `enough` holds for the output or the process has ended; returns what `enough` says at last. False after
  // the deadline, too.
  bool wait_for(const std::function<bool(const Output&)>& enough, Milliseconds deadline = patience) const;

  // The exit code, or 128 + the number of the signal that ended it; all output is there by then. Throws
  // std::runtime_error with the output when the deadline passes.
  int wait(Milliseconds deadline = patience);

 private:
  void collect(int out, int errors);
  void reap();

  pid_t pid_ = -1;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Output output_;
  bool reaped_ = false;
  std::optional<int> status_;
  int ended_ = -1;  // an eventfd: the process has ended
  std::thread collector_;
  std::thread reaper_;
};

}  // namespace kirsch::test
