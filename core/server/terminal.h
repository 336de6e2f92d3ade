// What the operator reads on the terminal.
#pragma once

#include <span>

#include "base/diagnostic.h"

namespace kirsch::server {

// To standard error, coloured on a terminal unless NO_COLOR is set.
void print(std::span<const base::Diagnostic> diagnostics);

}  // namespace kirsch::server
