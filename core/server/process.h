// One server process: what the core itself does on the channels of the bus.
#pragma once

#include <memory>
#include <optional>

#include "base/logs.h"
#include "engine/bus.h"
#include "server/blueprint.h"
#include "server/engine_plugins.h"
#include "server/generation_builder.h"
#include "server/loops.h"
#include "server/module_listeners.h"

namespace kirsch::server {

// The thread that makes it runs the bus.
class Process {
 public:
  // `blueprint` and `logs` must outlive it.
  Process(const Blueprint& blueprint, base::Logs& logs);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // From start to end; the exit code of the process. Throws base::Refusal if the start fails.
  base::ExitCode run();
  // Threads were left behind: the process must end without destroying anything.
  bool abandoned() const { return abandoned_; }

 private:
  pipeline::Engine engine();
  void subscribe_core();
  void bind_listeners();
  void refuse_root() const;
  void load_generation();
  void start_loops();
  void announce() const;
  void stop_loops();
  void reopen_logs();

  const Blueprint& blueprint_;
  base::Logs& logs_;
  base::Log& log_;
  const unsigned loop_count_;
  engine::Bus bus_;
  ModuleListeners listeners_of_modules_;
  pipeline::Host host_;
  std::optional<Loops> loops_;  // destroyed after the modules: threads of theirs may still post
  const std::filesystem::path state_;
  Modules modules_;
  EnginePlugins plugins_;
  Loops::Listeners listeners_;
  pipeline::Generation generation_;
  bool abandoned_ = false;
};

}  // namespace kirsch::server
