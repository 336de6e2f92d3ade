// `kirsch check`: all that a start would refuse before it runs code of any module.
#pragma once

#include <filesystem>

#include "base/exit_code.h"

namespace kirsch::command {

// 0 fine, 3 or 4 refused. `json`: one object on standard output instead of text.
base::ExitCode check(const std::filesystem::path& configuration, bool json) noexcept;

}  // namespace kirsch::command
