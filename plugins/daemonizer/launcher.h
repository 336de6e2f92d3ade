// The process that was started on the terminal, while it waits for its daemon.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "report.h"

namespace daemonizer {

class Launcher {
 public:
  // `reports` is the pipe's end, the caller's. Signals are blocked in this process, and no thread but this one exists.
  Launcher(int reports, std::chrono::steady_clock::time_point begun);
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;
  ~Launcher();

  // Makes orphans of children of this process its own children, so that it learns how the daemon ended.
  static void adopt_orphans();

  // Waits, tells the terminal, and returns the code to exit with. SIGINT, SIGTERM, SIGHUP and SIGQUIT end the start;
  // then this process ends by that signal.
  int wait();

 private:
  void await_end();
  void take_signals();
  void pass_on();
  void reap();
  int tell(const Report& report) const;
  int tell_death() const;

  int pipe_;
  int signals_;
  std::chrono::steady_clock::time_point begun_;
  ReportReader reader_;
  bool pipe_open_ = true;
  bool ended_ = false;
  int status_ = -1;          // of the daemon, once known
  int asked_ = 0;            // the signal that asked for an end
  bool to_pass_on_ = false;  // until it is known who the daemon is
};

}  // namespace daemonizer
