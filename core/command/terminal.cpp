// See https://no-color.org for NO_COLOR.
#include "command/terminal.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace kirsch::command {

void print(std::span<const base::Diagnostic> diagnostics) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool color = ::isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
  std::size_t errors = 0;
  for (const auto& diagnostic : diagnostics) {
    if (diagnostic.severity == base::Severity::error && ++errors <= shown_errors)
      std::cerr << base::text(diagnostic, color) << '\n';
  }
  if (errors > shown_errors) {
    const auto more = errors - shown_errors;
    std::cerr << "and " << more << (more == 1 ? " more error\n" : " more errors\n");
  }
  for (const auto& diagnostic : diagnostics) {
    if (diagnostic.severity == base::Severity::warning) std::cerr << base::text(diagnostic, color) << '\n';
  }
  std::cerr.flush();
}

base::ExitCode guarded(const std::function<base::ExitCode()>& work) noexcept {
  try {
    return work();
  } catch (const base::Refusal& refusal) {
    print(refusal.diagnostics());
    return refusal.exit_code();
  } catch (const std::exception& error) {
    std::cerr << "kirsch: " << error.what() << '\n';
    return base::ExitCode::internal;
  }
}

}  // namespace kirsch::command
