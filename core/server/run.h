// The life of a server, from its configuration to its exit code: in one process, or kept by one that stays.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "config/engine.h"

namespace kirsch::server {

struct Ending {
  base::ExitCode code = base::ExitCode::ok;
  std::vector<base::Diagnostic> errors = {};  // why it did not start
  std::string text = {};                      // the same as text, where another process said it
  bool abandoned = false;  // threads of modules were left behind: end with _Exit, destroy nothing static
};

// Returns when the server has ended. `show` is called once, with the warnings of the configuration, unless this process
// was started by a server that has shown them. Throws what is no refusal.
Ending run_server(const std::filesystem::path& configuration, const config::EngineChange& change,
                  const std::function<void(std::span<const base::Diagnostic> warnings)>& show);

}  // namespace kirsch::server
