// `kirsch run`: the life of a server process, from its configuration to its exit code.
#pragma once

#include <filesystem>

#include "base/exit_code.h"

namespace kirsch::server {

// Returns when the server has ended. Never throws: errors are printed.
base::ExitCode run_server(const std::filesystem::path& configuration) noexcept;

// `kirsch check`: the verdict that a start would give, without running code of any module.
base::ExitCode check_configuration(const std::filesystem::path& configuration) noexcept;

}  // namespace kirsch::server
