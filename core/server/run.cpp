// Which process this is to be, and what it keeps because threads that were left behind still use it.
#include "server/run.h"

#include <unistd.h>

#include <memory>

#include "base/logs.h"
#include "server/certificate_files.h"
#include "server/crash.h"
#include "server/failures.h"
#include "server/keeper.h"
#include "server/process.h"

namespace kirsch::server {
namespace {

bool wants_keeper(const config::Configuration& configuration) {
  const auto& settings = configuration.server;
  if (settings.keeper != config::KeeperUse::automatic) return settings.keeper == config::KeeperUse::on;
  return settings.processes > 1 || (::geteuid() == 0 && names_plugin(configuration, "dropprivileges"));
}

void log_failure(const config::Configuration& configuration, base::Logs& logs, const char* what) {
  const bool shown = configuration.logs.error.kind == base::LogTarget::Kind::standard_error;
  if (!shown) logs.error().write(base::Level::error, std::string("server: ") + what);
}

Ending run_process(const Blueprint& blueprint, Inheritance inheritance) {
  auto logs = std::make_unique<base::Logs>(blueprint.configuration.logs);
  auto process = std::make_unique<Process>(blueprint, *logs, std::move(inheritance));
  Ending ending;
  try {
    ending.code = process->run();
  } catch (const base::Refusal& refusal) {
    ending.code = refusal.exit_code();
    // Who started this process says why it did not work.
    if (!process->reported(refusal)) ending.errors = refusal.diagnostics();
    log_failure(blueprint.configuration, *logs, refusal.what());
  }
  ending.abandoned = process->abandoned();
  if (ending.abandoned) {
    logs->finish();
    static_cast<void>(process.release());
    static_cast<void>(logs.release());
  }
  return ending;
}

Ending run_keeper(const Blueprint& blueprint, Handover handover, Inheritance inheritance) {
  base::Logs logs(blueprint.configuration.logs);
  Keeper keeper(blueprint, std::move(handover), logs, std::move(inheritance));
  try {
    return {.code = keeper.run()};
  } catch (const base::Refusal& refusal) {
    log_failure(blueprint.configuration, logs, refusal.what());
    return {.code = refusal.exit_code(), .text = keeper.report(refusal)};
  }
}

}  // namespace

Ending run_server(const std::filesystem::path& configuration, const config::EngineChange& change,
                  const std::function<void(std::span<const base::Diagnostic> warnings)>& show) {
  crash::install();
  Inheritance inheritance;
  try {
    inheritance = Inheritance::take();
    if (inheritance.from != Inheritance::From::nobody) {
      const auto* handover = inheritance.handover.empty() ? nullptr : &inheritance.handover;
      const auto blueprint = read_blueprint(configuration, change, handover);
      inheritance.handover = {};
      return run_process(blueprint, std::move(inheritance));
    }
    auto [blueprint, handover] = read_for_others(configuration, change);
    show(blueprint.warnings);
    show(check_certificates(blueprint.configuration));
    if (wants_keeper(blueprint.configuration))
      return run_keeper(blueprint, std::move(handover), std::move(inheritance));
    handover = {};
    return run_process(blueprint, std::move(inheritance));
  } catch (const base::Refusal& refusal) {
    const bool told = inheritance.channel &&
                      report_failure(*inheritance.channel, refusal.exit_code(), text_of(refusal.diagnostics()));
    return {.code = refusal.exit_code(), .errors = told ? std::vector<base::Diagnostic>() : refusal.diagnostics()};
  }
}

}  // namespace kirsch::server
