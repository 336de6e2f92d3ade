// The command `kirsch` and its verbs.
#pragma once

#include "base/exit_code.h"

namespace kirsch::command {

base::ExitCode run_command_line(int count, char** arguments);

}  // namespace kirsch::command
