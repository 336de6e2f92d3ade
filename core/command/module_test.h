// `kirsch module test`: the tests of a module, built and run.
#pragma once

#include <filesystem>

#include "base/exit_code.h"

namespace kirsch::command {

// Of the module in `folder`. What fails is shown; module_refused: something did, or does not build.
base::ExitCode test_module(const std::filesystem::path& folder) noexcept;

}  // namespace kirsch::command
