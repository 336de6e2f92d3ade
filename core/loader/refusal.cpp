// Builds the diagnostics of the loader.
#include "loader/refusal.h"

#include <system_error>

namespace kirsch::loader {

base::Diagnostic refused(const char* code, std::string message, std::string help) {
  base::Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  diagnostic.help = std::move(help);
  diagnostic.exit_code = base::ExitCode::module_refused;
  return diagnostic;
}

std::string system_text(int error_number) { return std::generic_category().message(error_number); }

}  // namespace kirsch::loader
