// One server process: what the core itself does on the channels of the bus.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "base/logs.h"
#include "engine/bus.h"
#include "server/blueprint.h"
#include "server/certificate_files.h"
#include "server/control_thread.h"
#include "server/engine_plugins.h"
#include "server/generation_builder.h"
#include "server/inheritance.h"
#include "server/keeper_link.h"
#include "server/loops.h"
#include "server/module_listeners.h"
#include "server/program.h"
#include "server/tls_listeners.h"

namespace kirsch::server {

// The thread that makes it runs the bus.
class Process {
 public:
  // `blueprint` and `logs` must outlive it.
  Process(const Blueprint& blueprint, base::Logs& logs, Inheritance inheritance);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // From start to end; the exit code of the process. Throws base::Refusal if the start fails.
  base::ExitCode run();
  // Threads were left behind: the process must end without destroying anything.
  bool abandoned() const { return abandoned_; }
  // Publishes channel failed, and tells the process that started this one. False: nobody did.
  bool reported(const base::Refusal& refusal);

 private:
  pipeline::Engine engine();
  void subscribe_core();
  void find_passwords();
  void bind();
  void start_threads();
  void load_generation();
  void open_secure_doors();
  void start_loops();
  void open_control();
  void announce();
  void stop_loops();
  void reopen_logs();
  FileBytes read_file(const std::string& path);
  void restart(std::string_view reason);
  void retire(std::string_view reason);

  KeeperLink::Orders orders();
  void answer(const std::string& command, const std::shared_ptr<ControlAnswer>& answer);
  void request(const std::string& channel, const std::shared_ptr<ControlAnswer>& answer);
  std::string status();
  Loops::Load load();
  void show_drain();

  const Blueprint& blueprint_;
  base::Logs& logs_;
  base::Log& log_;
  const Program program_;
  Inheritance inheritance_;
  const unsigned loop_count_;
  engine::Bus bus_;
  ModuleListeners listeners_of_modules_;
  pipeline::Host host_;
  TlsListeners tls_;
  std::optional<Loops> loops_;  // destroyed after the modules: threads of theirs may still post
  const std::filesystem::path state_;
  Modules modules_;
  EnginePlugins plugins_;
  std::vector<BoundListener> listeners_;
  std::string served_;                                // a line per address, once ready
  std::optional<net::ControlSocket> control_socket_;  // until its thread has it
  pipeline::Generation generation_;
  bool replaced_ = false;  // other processes accept now
  bool abandoned_ = false;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  std::mutex ending_mutex_;
  std::list<std::shared_ptr<ControlAnswer>> waiting_for_end_;
  std::optional<KeeperLink> link_;  // destroyed first: their threads use all of the above
  std::optional<ControlThread> control_;
};

}  // namespace kirsch::server
