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
#include "server/file_watch.h"
#include "server/generations.h"
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
  Process(const Blueprint& blueprint, base::Logs& logs, Inheritance inheritance, pipeline::AmendHost amend = {});
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
  void report_crashes();
  void load_generation();
  void start_loops();

  // A generation that could serve, and what it goes with.
  struct Prepared {
    std::unique_ptr<LoadedGeneration> next;
    std::vector<BoundListener> listeners;  // of its configuration, by index
    TlsListeners::Staged certificates;
    std::string report;  // its number and what changes
  };
  struct Given {  // by the keeper
    Handover handover;
    std::vector<BoundListener> listeners;
    TicketSeeds tickets;
  };
  Prepared prepare(Given* given);
  void reload(std::string_view reason);
  void rehearse();
  void serve_with(Prepared prepared);
  void prepare_for_keeper(std::uint64_t number, Given& given);
  void abandon() noexcept;
  void watch_files();

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
  std::string details() const;
  Loops::Load load();
  void show_drain();

  const config::Configuration& configuration() const { return generations_.current().configuration(); }

  const Blueprint& blueprint_;  // that it was started with
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
  ModuleStore store_;
  Generations generations_;
  EnginePlugins plugins_;
  std::vector<BoundListener> listeners_;
  std::string served_;                                // a line per address, once ready
  std::optional<net::ControlSocket> control_socket_;  // until its thread has it
  std::string report_;                                // of the last reload
  std::optional<Prepared> prepared_;                  // for the keeper
  bool replaced_ = false;                             // other processes accept now
  bool abandoned_ = false;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  std::mutex ending_mutex_;  // of the list, and of served_ once it may change
  std::list<std::shared_ptr<ControlAnswer>> waiting_for_end_;
  std::optional<KeeperLink> link_;  // destroyed first: their threads use all of the above
  std::optional<ControlThread> control_;
  std::optional<FileWatchThread> files_;
};

}  // namespace kirsch::server
