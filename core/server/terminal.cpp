// See https://no-color.org for NO_COLOR.
#include "server/terminal.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace kirsch::server {

void print(std::span<const base::Diagnostic> diagnostics) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool color = ::isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
  for (const auto& diagnostic : diagnostics) std::cerr << base::text(diagnostic, color) << '\n';
  std::cerr.flush();
}

}  // namespace kirsch::server
