// `kirsch module check FILE`: a table of what the module bears and what it does not.
#pragma once

#include <string>
#include <vector>

#include "base/exit_code.h"

namespace kirsch::command {

struct ModuleCheckOrder {
  std::string file;
  std::vector<std::string> paths;    // where modules are that it needs
  std::vector<std::string> options;  // "NAME: { … }": with which it is tried
};

// module_refused: a check has failed.
base::ExitCode check_module(const ModuleCheckOrder& order, bool json) noexcept;

}  // namespace kirsch::command
