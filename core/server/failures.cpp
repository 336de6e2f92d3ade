// Listeners are named, because the asker knows the server by its plugins.
#include "server/failures.h"

#include <algorithm>

namespace kirsch::server {

std::string text_of(std::span<const base::Diagnostic> diagnostics) {
  constexpr std::size_t most = 20;
  std::string text;
  for (const auto& diagnostic : diagnostics.first(std::min(most, diagnostics.size())))
    text += base::text(diagnostic) + '\n';
  if (diagnostics.size() > most) text += "and " + std::to_string(diagnostics.size() - most) + " more\n";
  return text;
}

Verdict verdict_of(const std::vector<engine::Failure>& failures, std::optional<base::ExitCode> instead) {
  Verdict verdict;
  for (const auto& failure : failures) {
    auto diagnostics = failure.diagnostics;
    for (auto& diagnostic : diagnostics) diagnostic.message = failure.listener + ": " + diagnostic.message;
    verdict.text += text_of(diagnostics);
    if (verdict.code == base::ExitCode::ok) verdict.code = instead.value_or(diagnostics.front().exit_code);
    if (diagnostics.front().exit_code == base::ExitCode::timed_out) verdict.code = base::ExitCode::timed_out;
  }
  return verdict;
}

}  // namespace kirsch::server
