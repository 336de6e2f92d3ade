// `kirsch module dev`: builds the module of the working directory, serves it, and does both anew whenever it is edited.
#pragma once

#include <optional>

#include "base/exit_code.h"

namespace kirsch::command {

struct DevOptions {
  bool sanitized = false;        // with AddressSanitizer
  std::optional<unsigned> port;  // none: 8080, or one that is free
};

// Until Ctrl-C.
base::ExitCode develop(const DevOptions& options) noexcept;

}  // namespace kirsch::command
