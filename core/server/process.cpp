// The core's own listeners and their priorities; plugins find their places between them.
#include "server/process.h"

#include <unistd.h>

#include <iostream>

#include "base/log_stream.h"
#include "server/bound_listeners.h"
#include "server/control_place.h"
#include "server/crash.h"
#include "server/failures.h"
#include "server/process_signals.h"
#include "server/state_directory.h"
#include "server/successor.h"
#include "server/turnover.h"

namespace kirsch::server {
namespace {

// The field's own numbers (see the design): plugins count on them.
constexpr int password_priority = 60;
constexpr int bind_priority = 75;
constexpr int threads_priority = 78;  // no thread may exist before the fork of a daemon at 65
constexpr int generation_priority = 80;
constexpr int loops_priority = 90;
constexpr int control_priority = 95;
constexpr int ready_priority = 100;
constexpr int logs_priority = 20;  // before whoever logs about a reload

Share share_of(const Inheritance& inheritance) {
  return inheritance.from == Inheritance::From::keeper ? Share::server : Share::all;
}

}  // namespace

Process::Process(const Blueprint& blueprint, base::Logs& logs, Inheritance inheritance, pipeline::AmendHost amend)
    : blueprint_(blueprint),
      logs_(logs),
      log_(logs.error()),
      program_(Program::serving(blueprint.file)),
      inheritance_(std::move(inheritance)),
      loop_count_(Loops::count(blueprint.configuration.server)),
      bus_(log_),
      listeners_of_modules_(bus_),
      host_(logs, loop_count_, blueprint.configuration.server.workers, engine(), std::move(amend)),
      tls_(
          blueprint.configuration, log_, [this](const std::string& path) { return read_file(path); },
          std::move(inheritance_.secrets)),
      state_(state_directory(blueprint.configuration.server.state)),
      store_(host_, log_, state_),
      generations_(std::shared_ptr<const Blueprint>(std::shared_ptr<void>(), &blueprint), host_, store_, log_,
                   loop_count_, [this](std::function<void()> work) { bus_.post(std::move(work)); }),
      plugins_(blueprint, generations_.current().modules, share_of(inheritance_)) {
  if (inheritance_.from == Inheritance::From::keeper) link_.emplace(std::move(*inheritance_.channel), orders());
  subscribe_core();
  plugins_.subscribe(bus_);
}

pipeline::Engine Process::engine() {
  return {
      .exit = [this](std::string_view reason) { bus_.request_exit(reason); },
      .force = [this](std::string_view reason) { bus_.force(reason); },
      .stopping = [this] { return bus_.stopping(); },
      .request =
          [this](std::string_view channel, std::string_view reason) {
            // Whoever reloads does so with all servers of the keeper.
            if (inheritance_.from != Inheritance::From::keeper || channel != "graceful")
              return bus_.request(channel, reason);
            bus_.post([this, why = std::string(reason)] { link_->reload(why); });
          },
      .publish = [this](std::string_view channel, std::string_view message) { bus_.publish(channel, message); },
      .subscribe = [this](std::string_view owner, std::string_view channel, int priority, kirsch_listen listen,
                          void* self) { return listeners_of_modules_.add(owner, channel, priority, listen, self); },
      .unsubscribe = [this](std::uint64_t subscription) { listeners_of_modules_.remove(subscription); },
      .predecessor =
          [this] { return inheritance_.from == Inheritance::From::predecessor ? inheritance_.pid : pid_t{0}; },
      .main_pid = [this] { return inheritance_.from == Inheritance::From::keeper ? inheritance_.pid : ::getpid(); },
      .give = [this](std::uint32_t user, std::uint32_t group) { give_state(state_, user, group); },
  };
}

void Process::subscribe_core() {
  bus_.subscribe({"start", "passwords", password_priority, [this](std::string_view) { find_passwords(); }});
  bus_.subscribe({"start", "certificates", bind_priority, [this](std::string_view) { tls_.load(); }});
  bus_.subscribe({"graceful", "reload", generation_priority, [this](std::string_view reason) { reload(reason); }});
  bus_.subscribe({"rehearsal", "reload", generation_priority, [this](std::string_view) { rehearse(); }});
  bus_.subscribe({"reload_certificates", "certificates", bind_priority, [this](std::string_view) { tls_.reload(); }});
  bus_.subscribe({"start", "listeners", bind_priority, [this](std::string_view) { bind(); }});
  bus_.subscribe({"exit", "listeners", bind_priority, [this](std::string_view) { listeners_.clear(); }});
  // The threads end after everything else that may log, or be asked, not here.
  bus_.subscribe({"start", "threads", threads_priority, [this](std::string_view) { start_threads(); }});
  bus_.subscribe({"graceful", "logs", logs_priority, [this](std::string_view) { reopen_logs(); }});
  bus_.subscribe({"reopen_logs", "logs", logs_priority, [this](std::string_view) { reopen_logs(); }});
  bus_.subscribe({"retire", "loops", 50, [this](std::string_view reason) { retire(reason); }});
  bus_.subscribe({"restart", "successor", 50, [this](std::string_view reason) { restart(reason); }});
  bus_.subscribe({"start", "modules", generation_priority, [this](std::string_view) { load_generation(); }});
  bus_.subscribe({"start", "loops", loops_priority, [this](std::string_view) { start_loops(); }});
  bus_.subscribe({"stop", "loops", loops_priority, [this](std::string_view) { stop_loops(); }});
  bus_.subscribe({"start", "control", control_priority, [this](std::string_view) { open_control(); }});
  bus_.subscribe({"start", "ready", ready_priority, [this](std::string_view) { announce(); }});
}

base::ExitCode Process::run() {
  generations_.current().modules.load(loader::Phase::early, share_of(inheritance_));
  plugins_.create(loader::Phase::early);
  if (!names_plugin(blueprint_.configuration, "signals")) unblock_signals();
  if (bus_.start()) bus_.wait();
  abandon();
  if (link_ && !replaced_) link_->ending();
  const auto code = bus_.exit();
  files_.reset();
  control_.reset();
  link_.reset();
  return code;
}

// Only who was started by a person can ask one.
void Process::find_passwords() {
  inheritance_.from == Inheritance::From::nobody ? tls_.ask_passwords() : tls_.expect_passwords();
}

void Process::bind() {
  listeners_ = bind_listeners(blueprint_.configuration, loop_count_, inheritance_);
  served_ = served_text(blueprint_.configuration, listeners_);
  refuse_root(blueprint_.configuration, listeners_, log_);
  const auto& settings = blueprint_.configuration.server.control;
  auto inherited = std::move(inheritance_.control);
  if (link_ || !settings.on) return;
  const auto path = control_path(settings, state_, blueprint_.file);
  // The predecessor may have been told another place.
  const bool stays = inherited && net::is_control_of(inheritance_.pid, path);
  control_socket_.emplace(stays ? net::ControlSocket::adopt(path, std::move(inherited))
                                : net::ControlSocket::bind(path));
}

// Standard error is told in any case.
void Process::report_crashes() {
  const auto& target = blueprint_.configuration.logs.error;
  if (target.kind != base::LogTarget::Kind::file) return;
  auto file = base::open_log_file(target.path);
  if (!file && link_) file = link_->open_log(target.path);
  crash::report_to(std::move(file));
}

void Process::start_threads() {
  logs_.start();
  if (link_) link_->start();
  report_crashes();
}

void Process::load_generation() {
  generations_.current().modules.load(loader::Phase::late, share_of(inheritance_));
  plugins_.create(loader::Phase::late);
  generations_.compile_first();
}

void Process::start_loops() {
  loops_.emplace(loop_count_, blueprint_.configuration, log_, host_, state_, tls_.dates());
  auto& first = generations_.current();
  open_secure_doors(first, listeners_);
  try {
    loops_->start(turnover(first, listeners_, loops_->limits(configuration(), first.numbers), tls_));
  } catch (...) {  // the bus undoes only what had started
    abandoned_ = !loops_->stop({});
    throw;
  }
  bus_.set_force_callback([this] { loops_->force(); });
}

void Process::open_control() {
  watch_files();
  if (!control_socket_) return;
  control_.emplace(
      std::move(*control_socket_),
      [this](const std::string& command, std::shared_ptr<ControlAnswer> to) { answer(command, to); },
      [this] { show_drain(); });
  control_socket_.reset();
}

// To modules, to people on standard output, and to the process that started this one.
void Process::announce() {
  if (inheritance_.from == Inheritance::From::predecessor) {
    for (auto& listener : listeners_) {
      if (listener.activated) continue;
      for (auto& socket : listener.sockets) socket.take_file();
    }
  }
  if (control_) control_->claim();
  bus_.publish("ready", served_);
  if (link_) return link_->ready(served_);
  std::cout << served_ << "ready" << std::endl;
  if (inheritance_.channel) inheritance_.channel->send("ready", served_);
  inheritance_.channel.reset();
}

bool Process::reported(const base::Refusal& refusal) {
  const auto text = text_of(refusal.diagnostics());
  bus_.publish("failed", text, static_cast<int>(refusal.exit_code()));
  if (link_) {
    link_->failed(refusal.exit_code(), text);
    return true;
  }
  return inheritance_.channel && report_failure(*inheritance_.channel, refusal.exit_code(), text);
}

void Process::stop_loops() {
  listeners_.clear();  // the loops close theirs now: from here on clients are refused, not left waiting
  abandoned_ = !loops_->stop(configuration().server.drain, replaced_ ? Loops::Idle::keep : Loops::Idle::close);
  bus_.set_force_callback({});
  if (abandoned_) throw std::runtime_error("blocking steps of modules did not end in time");
}

void Process::reopen_logs() {
  base::LogOpener elsewhere;
  if (link_) elsewhere = [this](const std::string& path) { return link_->open_log(path); };
  auto failures = logs_.reopen(elsewhere);
  if (link_) link_->reopened_logs();
  report_crashes();
  if (!failures.empty()) throw base::Refusal(std::move(failures));
}

// What this process may not read any more, the keeper may.
FileBytes Process::read_file(const std::string& path) {
  auto result = read_bytes(path);
  if (!result.forbidden || !link_) return result;
  const auto file = link_->open_file(path);
  return file ? read_opened(file, path) : result;
}

void Process::restart(std::string_view reason) {
  if (link_) return link_->restart(reason);
  const pid_t successor = start_successor(program_, {listeners_, control_ ? control_->listening() : -1, tls_.secrets()},
                                          configuration().server.start_time, [this] { return bus_.stopping(); });
  for (auto& listener : listeners_) {
    for (auto& socket : listener.sockets) socket.keep_file();
  }
  if (control_) control_->hand_over();
  bus_.publish("retire", "process " + std::to_string(successor) + " has taken over");
}

// Others accept from here on; what this process accepted it serves.
void Process::retire(std::string_view reason) {
  replaced_ = true;
  loops_->retire();
  listeners_.clear();
  if (link_) link_->retired();
  bus_.request_exit(reason);
}

}  // namespace kirsch::server
