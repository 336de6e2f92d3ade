// The exit codes of the command, so that every error carries the one it deserves.
#pragma once

namespace kirsch::base {

enum class ExitCode : int {
  ok = 0,
  internal = 1,
  usage = 2,
  configuration = 3,
  module_refused = 4,
  bind_or_permission = 5,
  not_running = 6,
  timed_out = 7,
  reload_rejected = 8,
};

}  // namespace kirsch::base
