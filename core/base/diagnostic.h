// What was found wrong with the operator's input: one sentence, its place in a file, and what to do.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_code.h"

namespace kirsch::base {

// Lines and columns start at 1; 0 means unknown. A column counts bytes.
struct Position {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;  // bytes to underline
};

enum class Severity : std::uint8_t { warning, error };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string code = {};     // "C012" (configuration), "M203" (module), "N…" (network)
  std::string message = {};  // one sentence, no full stop
  std::optional<Position> position = {};
  std::string source_line = {};  // empty: unknown
  std::string note = {};         // beside the caret: did you mean 'x'?
  std::string help = {};         // the exact fix
  std::string reported = {};     // what another process has rendered of its own, which stands below as it is
  ExitCode exit_code = ExitCode::configuration;
};

// Renders as
//   error[C012]: unknown tool 'secure_headers'
//     --> /etc/kirsch/kirsch.yaml:34:7
//   34 |       secure_headers: { hsts: 365d }
//      |       ^^^^^^^^^^^^^^ did you mean 'secureheaders'?
//   help: …
// Control characters of the input are escaped. `color` adds ANSI colours.
std::string text(const Diagnostic& diagnostic, bool color = false);

// Of what is rendered so, without colour, the first message with its place, for one line of a log.
std::string first_line(std::string_view rendered);

// Thrown while starting; what() is the first diagnostic's message. That one is an error; warnings may follow.
class Refusal : public std::runtime_error {
 public:
  explicit Refusal(std::vector<Diagnostic> diagnostics);
  explicit Refusal(Diagnostic diagnostic);
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  ExitCode exit_code() const { return diagnostics_.front().exit_code; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace kirsch::base
