// What a channel of the bus or a start has come to, as text and exit code for whoever asked from outside.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "engine/listeners.h"

namespace kirsch::server {

// As a terminal shows them, at most twenty.
std::string text_of(std::span<const base::Diagnostic> diagnostics);

struct Verdict {
  base::ExitCode code = base::ExitCode::ok;
  std::string text;  // empty: all went well
};
// The code is `instead`, but for what was not done in time; without it the first failure's own.
Verdict verdict_of(const std::vector<engine::Failure>& failures, std::optional<base::ExitCode> instead = std::nullopt);

}  // namespace kirsch::server
