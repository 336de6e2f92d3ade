// What the command says on standard error.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/diagnostic.h"

namespace kirsch::command {

// At most so many errors are shown, then how many more there are.
inline constexpr std::size_t shown_errors = 20;

// In colour if standard error is a terminal and NO_COLOR is not set.
void print(std::span<const base::Diagnostic> diagnostics);

// Runs `work` and prints what it throws.
base::ExitCode guarded(const std::function<base::ExitCode()>& work) noexcept;

}  // namespace kirsch::command
