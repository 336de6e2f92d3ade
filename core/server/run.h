// The life of a server process, from its configuration to its exit code.
#pragma once

#include <vector>

#include "server/blueprint.h"

namespace kirsch::server {

struct Ending {
  base::ExitCode code = base::ExitCode::ok;
  std::vector<base::Diagnostic> errors;  // why it did not start
  bool abandoned = false;                // threads of modules were left behind: end with _Exit, destroy nothing static
};

// Returns when the server has ended. Throws what is no refusal.
Ending run_server(const Blueprint& blueprint);

}  // namespace kirsch::server
