// The command `kirsch` and its verbs.
#pragma once

#include "base/exit_code.h"

namespace kirsch::server {

base::ExitCode run_command_line(int count, char** arguments);

}  // namespace kirsch::server
