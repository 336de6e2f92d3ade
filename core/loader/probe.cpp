// Puts into a sentence what the module did in the process that may die of it.
#include "loader/probe.h"

#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <string>
#include <system_error>

#include "loader/link_refusal.h"
#include "loader/probe_process.h"
#include "loader/refusal.h"

namespace kirsch::loader {
namespace {

using Outcome = ProbeProcess::Outcome;
using Stage = ProbeReport::Stage;

std::string death(const Outcome& outcome, const std::string& when) {
  if (outcome.late) return "did not finish while it was " + when;
  if (WIFSIGNALED(outcome.status)) return "crashed while it was " + when + ": " + ::strsignal(WTERMSIG(outcome.status));
  return "ended the process while it was " + when + " (exit code " + std::to_string(WEXITSTATUS(outcome.status)) + ")";
}

std::optional<base::Diagnostic> judge(const ModuleFile& file, const Outcome& outcome, std::chrono::milliseconds limit) {
  const std::string text = outcome.last.text.data();
  const auto misbehaved = [&](const std::string& what) {
    return refused(code::failed_probe, "module '" + file.manifest->name + "' refused: it " + what,
                   provenance(file.path, file.manifest->version, file.manifest->compiler, file.note.build_id) +
                       "; it was loaded for trial in a process of its own, the server is untouched; mend it, or name " +
                       "nothing of it in the configuration");
  };
  const std::string within = outcome.late ? " within " + std::to_string(limit.count()) + " ms" : "";
  switch (outcome.last.stage) {
    case Stage::done:
      return std::nullopt;
    case Stage::mapping:
      return misbehaved(death(outcome, "being loaded") + within);
    case Stage::unmapping:
      return misbehaved(death(outcome, "being unloaded") + within);
    case Stage::threw:
      return misbehaved("threw an exception while it was being loaded: " + text);
    case Stage::threads:
      return misbehaved("started a thread while it was being loaded; threads belong into start or init");
    case Stage::not_linked:
      return refuse_link(file, text, "/proc/self/fd/" + std::to_string(module_in_probe));
    case Stage::unready:
      return misbehaved("could not be tried: " + text);
    case Stage::none:
    case Stage::ended:
      return misbehaved("could not be tried: the child process died before it began");
  }
  return std::nullopt;
}

}  // namespace

Probe::Probe(std::chrono::milliseconds limit) : limit_(limit) {}

Probe::~Probe() = default;

std::optional<base::Diagnostic> Probe::refusal(const ModuleFile& file, const std::filesystem::path& copy) {
  try {
    if (process_ == nullptr || process_->ended()) process_ = std::make_unique<ProbeProcess>();
  } catch (const std::system_error& error) {
    return refused(code::failed_probe, "module '" + file.manifest->name + "' cannot be tried: " + error.what());
  }
  return judge(file, process_->run(copy, limit_), limit_);
}

}  // namespace kirsch::loader
