// Runs the process and keeps what threads that were left behind still use.
#include "server/run.h"

#include <memory>

#include "base/logs.h"
#include "server/process.h"

namespace kirsch::server {

Ending run_server(const Blueprint& blueprint) {
  auto logs = std::make_unique<base::Logs>(blueprint.configuration.logs);
  auto process = std::make_unique<Process>(blueprint, *logs);
  Ending ending;
  try {
    ending.code = process->run();
  } catch (const base::Refusal& refusal) {
    ending.code = refusal.exit_code();
    ending.errors = refusal.diagnostics();
    const bool shown = blueprint.configuration.logs.error.kind == base::LogTarget::Kind::standard_error;
    if (!shown) logs->error().write(base::Level::error, std::string("server: ") + refusal.what());
  }
  ending.abandoned = process->abandoned();
  if (ending.abandoned) {
    logs->finish();
    static_cast<void>(process.release());
    static_cast<void>(logs.release());
  }
  return ending;
}

}  // namespace kirsch::server
