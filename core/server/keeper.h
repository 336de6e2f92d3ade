// The process that stays: it was started by a person, keeps its privileges, and runs no code of requests. It binds the
// addresses, starts the servers, starts those again that crash, and replaces all of them for a restart.
#pragma once

#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/logs.h"
#include "engine/bus.h"
#include "server/blueprint.h"
#include "server/control_clients.h"
#include "server/engine_plugins.h"
#include "server/file_watch.h"
#include "server/kept_server.h"
#include "server/key_passwords.h"
#include "server/module_listeners.h"
#include "server/program.h"
#include "server/shared_tickets.h"

namespace kirsch::server {

// One thread, which polls; so nothing here needs a lock.
class Keeper {
 public:
  // Blueprint and logs must outlive it.
  Keeper(const Blueprint& blueprint, Handover handover, base::Logs& logs, Inheritance inheritance);
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // From start to end; the exit code of the whole. Throws base::Refusal if the start fails.
  base::ExitCode run();
  // Publishes channel failed; the text of the failure, of a server in its own words.
  std::string report(const base::Refusal& refusal);

 private:
  using Clock = KeptServer::Clock;
  using Team = std::list<KeptServer>;
  using Answer = std::shared_ptr<ControlAnswer>;

  // A request that all servers shall answer.
  struct Poll {
    std::set<pid_t> missing;
    base::ExitCode code = base::ExitCode::ok;
    std::string text;
    Answer answer;
  };

  // What servers serve, and are started with.
  struct Served {
    config::Configuration configuration;
    Handover handover;  // what they read
    std::vector<BoundListener> listeners;
    SharedTickets tickets;
    std::set<std::filesystem::path> watched;
    std::string waiting;  // a line that names what the keeper itself does not follow; may be empty
  };

  // All servers get ready for another configuration; then all serve it, or all forget it.
  struct Reload {
    enum class Stage : std::uint8_t { preparing, committed, abandoned };

    Reload() {}  // clang 14 finds no other one for std::optional before the end of the class

    std::uint64_t number = 0;
    bool rehearsal = false;
    Stage stage = Stage::preparing;
    std::set<pid_t> servers;  // that take part
    std::set<pid_t> missing;  // that have not answered
    base::ExitCode code = base::ExitCode::ok;
    std::string text;
    std::list<Answer> answers;
    Served next;
    Clock::time_point deadline{};
  };
  struct ReloadOrder {
    bool rehearsal = false;
    Answer answer;
  };

  pipeline::Engine engine();
  void subscribe_core();
  void bind();
  void start_servers();
  void announce();

  void turn();
  int time_to_wait() const;
  void take_signal();
  bool is_new(const std::string& reason);
  void review();
  void kill_late();
  void review_current();
  void review_coming();
  void review_retiring();
  void start_team();
  void start_again();
  void drop_coming(base::ExitCode code, const std::string& text);
  void take_over();

  void ask_restart(const std::string& reason, const Answer& answer);
  void restart();
  void begin_stop(const std::string& reason, bool now);
  static void refuse_while_stopping(ControlAnswer& answer);
  void answer(const std::string& command, const Answer& answer);
  void ask_all(const std::string& channel, const Answer& answer);
  void take_result(pid_t server, std::uint64_t number, base::ExitCode code, const std::string& text);
  void finish_polls();

  void ask_reload(bool rehearsal, const Answer& answer);
  void review_reload();
  void begin_reload();
  void give_up_waiting();
  void commit_reload();
  void abandon_reload();
  void end_reload();
  Served read_anew() const;
  std::string waiting_for_start(const Blueprint& wanted) const;
  void serve(Served next);
  void watch_files();
  const Served& to_come() const { return renewed_ ? *renewed_ : served_; }
  TlsSecrets secrets_for(const Served& served) const { return {passwords_.typed(), seeds_of(served.tickets)}; }
  void show_state();
  void end_within(KeptServer& server, std::chrono::milliseconds time);
  Loops::Load load() const;
  base::UniqueFd open_log(const std::string& path) const;
  base::UniqueFd open_file(const std::string& path) const;
  // One that is served, or is to be.
  template <class Predicate>
  bool any_configuration(Predicate holds) const {
    return holds(served_.configuration) || holds(to_come().configuration) ||
           (reload_ && holds(reload_->next.configuration));
  }
  template <class Work>
  void each_server(Work work) {
    for (auto* team : {&current_, &coming_, &retiring_}) {
      for (auto& server : *team) work(server);
    }
  }

  const Blueprint& blueprint_;
  base::Logs& logs_;
  base::Log& log_;
  const Program program_;
  Inheritance inheritance_;  // from a service manager
  Served served_;
  engine::Bus bus_;
  ModuleListeners listeners_of_modules_;
  pipeline::Host host_;
  const std::filesystem::path state_;
  ModuleStore store_;
  Modules modules_;
  EnginePlugins plugins_;
  const KeptServer::News news_;
  KeyPasswords passwords_{read_bytes};
  base::UniqueFd signals_;
  std::optional<ControlClients> control_;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();

  Team current_;   // serve, or were started in place of one that crashed
  Team coming_;    // of a start or restart, until all serve
  Team retiring_;  // replaced, serve what they accepted
  Clock::time_point coming_deadline_{};
  std::optional<Served> renewed_;              // for a restart
  std::optional<std::string> restart_wanted_;  // why
  std::list<Answer> restart_answers_;
  std::optional<KeptServer::Failure> start_failure_;
  std::chrono::milliseconds pause_{};  // before the next start after a crash
  std::list<Clock::time_point> starts_due_;
  bool stopping_ = false;
  int ending_signal_ = 0;                  // that was passed on
  std::set<std::string> asked_on_signal_;  // by servers, because of the last one that was passed on
  base::ExitCode code_ = base::ExitCode::ok;

  std::uint64_t polls_asked_ = 0;
  std::map<std::uint64_t, Poll> polls_;
  std::optional<FileWatch> files_;
  std::optional<Reload> reload_;
  std::list<ReloadOrder> reload_orders_;  // for the next ones
  std::list<Answer> status_answers_;
  std::list<Answer> stop_answers_;
  Clock::time_point status_asked_{};
  Clock::time_point load_asked_{};
};

}  // namespace kirsch::server
