// A reload of several servers: all of them go over to another configuration, or none.
#include <algorithm>
#include <system_error>
#include <utility>

#include "server/bound_listeners.h"
#include "server/failures.h"
#include "server/keeper.h"

namespace kirsch::server {
namespace {

using base::ExitCode;
using base::Level;

}  // namespace

void Keeper::ask_reload(bool rehearsal, const Answer& answer) {
  if (stopping_) {
    if (answer) refuse_while_stopping(*answer);
    return;
  }
  // Who asks for nothing but a reload is content with the next one.
  const bool waits = std::ranges::any_of(reload_orders_, [](const ReloadOrder& order) { return !order.rehearsal; });
  if (answer || !waits) reload_orders_.push_back({rehearsal, answer});
}

void Keeper::review_reload() {
  // One that is still starting has read what was served before.
  const bool starting = std::ranges::any_of(
      current_, [](const KeptServer& server) { return server.state() == KeptServer::State::starting; });
  if (!reload_ && !reload_orders_.empty() && coming_.empty() && !restart_wanted_ && !starting) begin_reload();
  if (!reload_) return;
  auto& reload = *reload_;
  const auto ended = std::erase_if(reload.missing, [this](pid_t pid) {
    return std::ranges::none_of(current_, [pid](const KeptServer& server) { return server.pid() == pid; });
  });
  // Once it is decided, another one starts with what was decided.
  if (ended != 0 && reload.stage == Reload::Stage::preparing) {
    reload.code = ExitCode::internal;
    reload.text = "a server process ended while it got ready for it; the log of errors says how\n";
  }
  if (!reload.missing.empty() && Clock::now() > reload.deadline) give_up_waiting();
  if (!reload.missing.empty()) return;
  if (reload.stage != Reload::Stage::preparing) return end_reload();
  reload.rehearsal || reload.code != ExitCode::ok ? abandon_reload() : commit_reload();
}

// Those who have not answered: before the decision it is refused, afterwards others take their place.
void Keeper::give_up_waiting() {
  auto& reload = *reload_;
  if (reload.stage != Reload::Stage::abandoned) {
    reload.code = ExitCode::timed_out;
    reload.text = "a server process was not ready for it within " +
                  std::to_string(served_.configuration.server.start_time.count()) + " ms (server.start_time)\n";
  }
  for (auto& server : current_) {
    if (!reload.missing.contains(server.pid())) continue;
    if (reload.stage == Reload::Stage::committed) server.kill();
    if (reload.stage == Reload::Stage::preparing) server.send("abandon", std::to_string(reload.number));
  }
  for (const pid_t pid : std::exchange(reload.missing, {})) reload.servers.erase(pid);
}

void Keeper::begin_reload() {
  auto& reload = reload_.emplace();
  reload.number = ++polls_asked_;
  reload.rehearsal = reload_orders_.front().rehearsal;
  while (!reload_orders_.empty() && reload_orders_.front().rehearsal == reload.rehearsal) {
    if (auto answer = reload_orders_.front().answer) reload.answers.push_back(std::move(answer));
    reload_orders_.pop_front();
  }
  reload.deadline = Clock::now() + served_.configuration.server.start_time;
  log_.write(Level::info, reload.rehearsal ? "keeper: rehearsing a reload" : "keeper: reloading");
  try {
    reload.next = read_anew();
  } catch (const base::Refusal& refusal) {
    reload.code = ExitCode::reload_rejected;
    reload.text = text_of(refusal.diagnostics());
    return end_reload();
  } catch (const std::exception& error) {  // no reload may end the keeper
    reload.code = ExitCode::internal;
    reload.text = std::string(error.what()) + '\n';
    return end_reload();
  }
  auto fresh = reload.next.listeners;
  std::erase_if(fresh, [this](const BoundListener& one) {
    return std::ranges::any_of(served_.listeners, [&](const BoundListener& old) {
      return same_address(old.name, old.bind, one.name, one.bind);
    });
  });
  for (auto& server : current_) {
    if (server.state() != KeptServer::State::serving) continue;
    server.prepare(reload.number, reload.next.handover, fresh, secrets_for(reload.next));
    reload.servers.insert(server.pid());
  }
  reload.missing = reload.servers;
  if (reload.servers.empty()) reload.text = "no server runs now; the next one starts with it\n";
}

// What the files say now; for a listener that stays, what it has.
Keeper::Served Keeper::read_anew() const {
  auto [blueprint, handover] = read_for_others(blueprint_.file, blueprint_.change);
  auto listeners =
      rebind_listeners(blueprint.configuration, Loops::count(blueprint.configuration.server), served_.listeners);
  refuse_root(blueprint.configuration, listeners);
  auto tickets = tickets_for(blueprint.configuration, served_.tickets);
  auto watched = directories_to_watch(blueprint);
  auto waiting = waiting_for_start(blueprint);
  return {std::move(blueprint.configuration),
          std::move(handover),
          std::move(listeners),
          std::move(tickets),
          std::move(watched),
          std::move(waiting)};
}

void Keeper::serve(Served next) {
  served_ = std::move(next);
  watch_files();
}

void Keeper::watch_files() {
  if (served_.watched.empty()) return files_.reset();
  try {
    if (!files_) files_.emplace();
    files_->watch(served_.watched);
  } catch (const std::system_error& error) {  // of many instances, on one machine
    log_.write(Level::error, std::string("files are not watched: ") + error.what());
  }
}

void Keeper::commit_reload() {
  auto& reload = *reload_;
  reload.stage = Reload::Stage::committed;
  serve(std::move(reload.next));
  reload.text += served_.waiting;
  reload.deadline = Clock::now() + served_.configuration.server.start_time;
  auto failures = bus_.publish("graceful", "a reload");
  if (auto unopened = logs_.reopen(); !unopened.empty()) failures.push_back({"keeper", std::move(unopened)});
  const auto verdict = verdict_of(failures);  // none of them rejects it any more
  reload.code = verdict.code;
  reload.text += verdict.text;
  for (auto& server : current_) {
    if (!reload.servers.contains(server.pid())) continue;
    reload.missing.insert(server.pid());
    server.send("request", std::to_string(reload.number) + "\ngraceful\na reload");
  }
  if (reload.missing.empty()) end_reload();
}

// Who asks is told when all have let go of what a next reload may want, such as the address of a listener.
void Keeper::abandon_reload() {
  auto& reload = *reload_;
  reload.stage = Reload::Stage::abandoned;
  if (reload.code == ExitCode::ok) reload.text += reload.next.waiting;
  reload.next = {};
  reload.deadline = Clock::now() + served_.configuration.server.start_time;
  for (auto& server : current_) {
    if (!reload.servers.contains(server.pid())) continue;
    reload.missing.insert(server.pid());
    server.send("abandon", std::to_string(reload.number));
  }
  if (reload.missing.empty()) end_reload();
}

void Keeper::end_reload() {
  const auto reload = *std::exchange(reload_, std::nullopt);
  const bool refused = reload.code != ExitCode::ok && reload.stage != Reload::Stage::committed;
  // As without a keeper, so that whoever rotates logs need not have a right configuration.
  if (refused && !reload.rehearsal) ask_all("reopen_logs", nullptr);
  if (refused)
    log_.write(Level::error,
               "keeper: the reload was refused, the old configuration serves on: " + base::first_line(reload.text));
  const auto intro = reload.rehearsal ? "would serve " : "serves ";
  for (const auto& answer : reload.answers)
    answer->done(refused && reload.code != ExitCode::timed_out ? ExitCode::reload_rejected : reload.code,
                 refused ? reload.text : intro + reload.text);
}

}  // namespace kirsch::server
