// Starting, replacing and ending the servers. What is asked over the control socket stands in keeper_control.cpp.
#include "server/keeper.h"

#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>

#include "server/bound_listeners.h"
#include "server/control_place.h"
#include "server/failures.h"
#include "server/state_directory.h"

namespace kirsch::server {
namespace {

using namespace std::chrono_literals;
using base::ExitCode;
using base::Level;

// Before another server is started in place of one that crashed: it doubles, up to a second for those that served, so
// that service is never away for longer, and further for those that never came so far. Who lives for a while ends that.
constexpr auto shortest_pause = 100ms;
constexpr std::chrono::milliseconds longest_pause = 30s;
constexpr std::chrono::milliseconds longest_pause_of_service = 1s;
constexpr auto proven = 10s;
constexpr std::chrono::milliseconds grace = 10s;  // beyond the drain, for exit listeners of plugins

// Those that a person or a service manager sends; not those of the terminal's job control, and no faults.
sigset_t forwarded_signals() {
  sigset_t set;
  sigfillset(&set);
  for (const int own : {SIGCHLD, SIGPIPE, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGXFSZ, SIGSEGV, SIGBUS,
                        SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS})
    sigdelset(&set, own);
  return set;
}

bool ends(int signal) { return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT || signal == SIGHUP; }

std::string named(const KeptServer& server) { return "server process " + std::to_string(server.pid()); }

}  // namespace

Keeper::Keeper(const Blueprint& blueprint, Handover handover, base::Logs& logs, Inheritance inheritance)
    : blueprint_(blueprint),
      logs_(logs),
      log_(logs.error()),
      program_(Program::serving(blueprint.file)),
      inheritance_(std::move(inheritance)),
      served_{.configuration = blueprint.configuration,
              .handover = std::move(handover),
              .listeners = {},
              .tickets = tickets_for(blueprint.configuration, {}),
              .watched = directories_to_watch(blueprint),
              .waiting = {}},
      bus_(log_),
      listeners_of_modules_(bus_),
      host_(logs, 0, 0, engine()),
      state_(state_directory(blueprint.configuration.server.state)),
      store_(host_, log_, state_),
      modules_(blueprint, host_, store_),
      plugins_(blueprint, modules_, Share::keeper),
      news_{.ending = [this] { begin_stop("a server was told to end", false); },
            .reopened_logs = [this] { static_cast<void>(logs_.reopen()); },
            .restart =
                [this](const std::string& reason) {
                  if (is_new(reason)) ask_restart(reason, nullptr);
                },
            .reload =
                [this](const std::string& reason) {
                  if (is_new(reason)) ask_reload(false, nullptr);
                },
            .result = [this](pid_t server, std::uint64_t number, ExitCode code,
                             const std::string& text) { take_result(server, number, code, text); },
            .open_log = [this](const std::string& path) { return open_log(path); },
            .open_file = [this](const std::string& path) { return open_file(path); }} {
  modules_.offer_services();
  subscribe_core();
  plugins_.subscribe(bus_);
}

pipeline::Engine Keeper::engine() {
  return {
      .exit = [this](std::string_view reason) { begin_stop(std::string(reason), false); },
      .force = [this](std::string_view reason) { begin_stop(std::string(reason), true); },
      .stopping = [this] { return stopping_; },
      .request =
          [this](std::string_view channel, std::string_view) {
            channel == "graceful" ? ask_reload(false, nullptr) : ask_all(std::string(channel), nullptr);
          },
      .publish = [this](std::string_view channel, std::string_view message) { bus_.publish(channel, message); },
      .subscribe = [this](std::string_view owner, std::string_view channel, int priority, kirsch_listen listen,
                          void* self) { return listeners_of_modules_.add(owner, channel, priority, listen, self); },
      .unsubscribe = [this](std::uint64_t subscription) { listeners_of_modules_.remove(subscription); },
      .predecessor = [] { return pid_t{0}; },
      .main_pid = [] { return ::getpid(); },
      .give = [](std::uint32_t, std::uint32_t) { throw std::runtime_error("the keeper keeps what it owns"); },
  };
}

void Keeper::subscribe_core() {
  bus_.subscribe({"start", "passwords", 60, [this](std::string_view) { passwords_.ask(served_.configuration); }});
  bus_.subscribe({"start", "listeners", 75, [this](std::string_view) { bind(); }});
  bus_.subscribe({"start", "servers", 80, [this](std::string_view) { start_servers(); }});
  bus_.subscribe({"start", "ready", 100, [this](std::string_view) { announce(); }});
}

ExitCode Keeper::run() {
  modules_.load(loader::Phase::early, Share::keeper);
  plugins_.create(loader::Phase::early);
  blueprint_.catalogue.release_files();
  if (bus_.start()) {
    while (!current_.empty() || !coming_.empty() || !retiring_.empty() || !starts_due_.empty()) turn();
  }
  return std::max(code_, bus_.exit());
}

std::string Keeper::report(const base::Refusal& refusal) {
  const auto text = start_failure_ ? start_failure_->text : text_of(refusal.diagnostics());
  bus_.publish("failed", text, static_cast<int>(refusal.exit_code()));
  return text;
}

void Keeper::bind() {
  const auto& configuration = served_.configuration;
  served_.listeners = bind_listeners(configuration, Loops::count(configuration.server), inheritance_);
  refuse_root(configuration, served_.listeners, log_);
  watch_files();
  const auto set = forwarded_signals();
  signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  const auto& settings = configuration.server.control;
  if (!settings.on) return;
  control_.emplace(net::ControlSocket::bind(control_path(settings, state_, blueprint_.file)),
                   [this](const std::string& command, const Answer& to) { answer(command, to); });
}

void Keeper::start_servers() {
  start_team();
  while (!coming_.empty()) turn();
  if (!start_failure_) return;
  throw base::Refusal(
      base::Diagnostic{.code = "P005", .message = "no server process could start", .exit_code = start_failure_->code});
}

void Keeper::announce() {
  if (current_.empty()) return;  // the end was asked for meanwhile
  bus_.publish("ready", current_.front().served());
  std::cout << current_.front().served() << "ready" << std::endl;
}

void Keeper::start_team() {
  const auto& settings = to_come().configuration.server;
  coming_deadline_ = Clock::now() + settings.start_time;
  try {
    const auto secrets = secrets_for(to_come());
    for (unsigned count = 0; count < settings.processes; ++count)
      coming_.emplace_back(program_, to_come().handover, to_come().listeners, secrets, news_);
  } catch (const base::Refusal& refusal) {
    drop_coming(refusal.exit_code(), text_of(refusal.diagnostics()));
  }
}

int Keeper::time_to_wait() const {
  auto next = Clock::now() + 1h;
  if (!coming_.empty()) next = std::min(next, coming_deadline_);
  if (reload_) {
    next = std::min(next, reload_->deadline);
  } else {
    for (const auto due : starts_due_) next = std::min(next, due);
  }
  if (files_) next = std::min(next, files_->due().value_or(next));
  for (const auto* team : {&current_, &coming_, &retiring_}) {
    for (const auto& server : *team) next = std::min(next, server.deadline().value_or(next));
  }
  if (!status_answers_.empty() || !stop_answers_.empty()) next = std::min(next, Clock::now() + 100ms);
  return static_cast<int>(
      std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count()));
}

void Keeper::turn() {
  std::vector<pollfd> entries{{signals_.get(), POLLIN, 0}};
  if (control_) control_->watch(entries);
  if (files_) entries.push_back({files_->descriptor(), POLLIN, 0});
  each_server([&](const KeptServer& server) { server.watch(entries); });
  if (::poll(entries.data(), entries.size(), time_to_wait()) < 0) return;  // EINTR: a debugger
  if (entries.front().revents != 0) take_signal();
  each_server([](KeptServer& server) { server.look(); });
  if (control_) control_->look(entries);
  if (files_ && files_->look()) ask_reload(false, nullptr);
  review();
  show_state();
}

void Keeper::take_signal() {
  signalfd_siginfo info{};
  if (::read(signals_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return;
  const int number = static_cast<int>(info.ssi_signo);
  asked_on_signal_.clear();
  // Those that were replaced end already.
  for (auto* team : {&current_, &coming_}) {
    for (auto& server : *team) server.signal(number);
  }
  if (!ends(number)) return;
  ending_signal_ = number;
  // Servers may read it as they like; where none serves there is nobody to ask.
  const bool asked =
      std::ranges::any_of(current_, [](const auto& server) { return server.state() == KeptServer::State::serving; });
  if (!asked) begin_stop("a signal", false);
}

// Of a signal that was passed on each server asks for the same.
bool Keeper::is_new(const std::string& reason) {
  const bool passed_on = reason.ends_with("from pid " + std::to_string(::getpid()));
  return !passed_on || asked_on_signal_.insert(reason).second;
}

// A server whose main thread hangs ends neither by orders nor by signals.
void Keeper::kill_late() {
  each_server([this](KeptServer& server) {
    if (server.state() == KeptServer::State::ended || !server.deadline() || Clock::now() < *server.deadline()) return;
    log_.write(Level::error,
               "keeper: " + named(server) + " is " + std::string(server.state_name()) + " for too long; it is killed");
    server.kill();
  });
}

void Keeper::end_within(KeptServer& server, std::chrono::milliseconds time) {
  server.set_deadline(Clock::now() + time + grace);
}

void Keeper::review() {
  kill_late();
  review_coming();
  review_current();
  review_retiring();
  start_again();
  finish_polls();
  review_reload();
  if (restart_wanted_ && !stopping_ && !reload_) restart();
}

void Keeper::review_coming() {
  if (coming_.empty()) return;
  for (const auto& server : coming_) {
    if (server.failure()) return drop_coming(server.failure()->code, server.failure()->text);
    if (server.state() != KeptServer::State::ended) continue;
    return drop_coming(ExitCode::internal, named(server) + ' ' + server.end().text() + " before it could serve\n");
  }
  const bool all_serve =
      std::ranges::all_of(coming_, [](const auto& one) { return one.state() == KeptServer::State::serving; });
  if (all_serve) return take_over();
  if (Clock::now() < coming_deadline_) return;
  drop_coming(ExitCode::timed_out, "no server process was ready within " +
                                       std::to_string(to_come().configuration.server.start_time.count()) +
                                       " ms (server.start_time)\n");
}

void Keeper::drop_coming(ExitCode code, const std::string& text) {
  for (auto& server : coming_) {
    // One that accepts already serves what it accepted; one that told why it failed ends by itself, in order.
    if (server.state() == KeptServer::State::serving) {
      server.retire("the other new processes did not get ready");
      end_within(server, served_.configuration.server.drain);
    } else if (!server.failure()) {
      server.kill();
    }
  }
  retiring_.splice(retiring_.end(), coming_);
  renewed_.reset();
  if (bus_.state() == engine::State::starting) {
    if (!stopping_) start_failure_ = {code, text};
    return;
  }
  log_.write(Level::error, "keeper: the restart failed, the old servers go on: " + base::first_line(text));
  for (const auto& answer : restart_answers_)
    answer->done(code == ExitCode::timed_out ? code : ExitCode::reload_rejected, text);
  restart_answers_.clear();
}

void Keeper::take_over() {
  for (auto& server : current_) {
    server.retire("new server processes have taken over");
    end_within(server, served_.configuration.server.drain);
  }
  retiring_.splice(retiring_.end(), current_);
  current_ = std::move(coming_);
  coming_.clear();
  if (renewed_) serve(*std::move(renewed_));
  renewed_.reset();
  starts_due_.clear();
  if (stopping_) return begin_stop("the end was asked for meanwhile", false);
  for (const auto& server : current_) log_.write(Level::info, "keeper: " + named(server) + " serves");
}

// Who asked for a restart is told when nobody serves the old configuration to new connections any more.
void Keeper::review_retiring() {
  std::erase_if(retiring_, [](const KeptServer& server) { return server.state() == KeptServer::State::ended; });
  if (!coming_.empty() || restart_wanted_) return;
  if (std::ranges::any_of(retiring_, [](const KeptServer& server) { return server.accepting(); })) return;
  for (const auto& answer : restart_answers_) answer->done(ExitCode::ok, served_.waiting);
  restart_answers_.clear();
}

void Keeper::review_current() {
  for (auto server = current_.begin(); server != current_.end();) {
    if (server->state() == KeptServer::State::serving && Clock::now() - server->started() > proven) pause_ = {};
    if (server->state() != KeptServer::State::ended) {
      ++server;
      continue;
    }
    // Without the plugin `signals` it dies of what was passed on.
    if (!stopping_ && server->end().by_signal && server->end().number == ending_signal_)
      begin_stop("a server ended of the signal that was passed on", false);
    if (!stopping_) {
      pause_ = std::clamp<std::chrono::milliseconds>(pause_ * 2, shortest_pause,
                                                     server->has_served() ? longest_pause_of_service : longest_pause);
      log_.write(Level::error, "keeper: " + named(*server) + ' ' + server->end().text() +
                                   "; another one is started in " + std::to_string(pause_.count()) + " ms");
      starts_due_.push_back(Clock::now() + pause_);
    } else if (server->end().by_signal ? !ends(server->end().number) : server->end().number != 0) {
      code_ = ExitCode::internal;
      log_.write(Level::error, "keeper: " + named(*server) + ' ' + server->end().text());
    }
    server = current_.erase(server);
  }
}

void Keeper::start_again() {
  if (reload_ || starts_due_.empty() || starts_due_.front() > Clock::now()) return;
  starts_due_.pop_front();
  try {
    current_.emplace_back(program_, served_.handover, served_.listeners, secrets_for(served_), news_);
    end_within(current_.back(), served_.configuration.server.start_time);
    log_.write(Level::info, "keeper: started " + named(current_.back()));
  } catch (const base::Refusal& refusal) {
    log_.write(Level::error, std::string("keeper: ") + refusal.what());
    starts_due_.push_back(Clock::now() + longest_pause);
  }
}

}  // namespace kirsch::server
