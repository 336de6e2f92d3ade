// What the command and the servers ask of the keeper.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/log_stream.h"
#include "loader/trust.h"
#include "server/bound_listeners.h"
#include "server/changes.h"
#include "server/control_place.h"
#include "server/failures.h"
#include "server/keeper.h"
#include "server/status.h"

namespace kirsch::server {
namespace {

using namespace std::chrono_literals;
using base::ExitCode;
using base::Level;

constexpr auto status_patience = 1s;  // with a server that shall say how busy it is
constexpr auto between_questions = 250ms;

// Nobody but the keeper's own user can change the folder of that file, nor of what a link there leads to: else a run
// user could make root open what he likes.
bool in_trusted_folder(const std::filesystem::path& path) {
  const loader::Trust trust({::geteuid()});
  std::error_code error;
  const auto target = std::filesystem::canonical(path, error);
  try {
    static_cast<void>(loader::TrustedDirectory::open(path.parent_path(), trust));
    if (!error) static_cast<void>(loader::TrustedDirectory::open(target.parent_path(), trust));
    return true;
  } catch (const base::Refusal&) {
    return false;
  }
}

}  // namespace

// Those that ask while one is under way get its result.
void Keeper::ask_restart(const std::string& reason, const Answer& answer) {
  if (!stopping_) {
    if (answer) restart_answers_.push_back(answer);
    if (coming_.empty()) restart_wanted_ = reason;
  } else if (answer) {
    refuse_while_stopping(*answer);
  }
}

std::string Keeper::waiting_for_start(const Blueprint& wanted) const {
  std::string names;
  for (const auto& name : settings_for_start(blueprint_, wanted)) names += (names.empty() ? "" : ", ") + name;
  if (names.empty()) return {};
  const auto& control = blueprint_.configuration.server.control;
  if (control.on) names += " (until then --control " + control_path(control, state_, blueprint_.file).string() + ')';
  return "  waits for kirsch stop and kirsch start: " + names + '\n';
}

void Keeper::restart() {
  log_.write(Level::info, "keeper: restart: " + *std::exchange(restart_wanted_, std::nullopt));
  try {
    renewed_ = read_anew();
    start_team();
  } catch (const base::Refusal& refusal) {
    drop_coming(refusal.exit_code(), text_of(refusal.diagnostics()));
  } catch (const std::exception& error) {  // no restart may end the keeper
    drop_coming(ExitCode::internal, std::string(error.what()) + '\n');
  }
}

// In the words of a server without a keeper.
void Keeper::refuse_while_stopping(ControlAnswer& answer) {
  const auto verdict = verdict_of(engine::refused_by_the_end(), ExitCode::reload_rejected);
  answer.done(verdict.code, verdict.text);
}

void Keeper::begin_stop(const std::string& reason, bool now) {
  if (!std::exchange(stopping_, true)) log_.write(Level::info, "keeper: the servers end: " + reason);
  starts_due_.clear();
  each_server([&](KeptServer& server) {
    server.ask_end(now ? "force" : "exit", reason);
    end_within(server, now ? 0ms : served_.configuration.server.drain);
  });
}

void Keeper::answer(const std::string& command, const Answer& answer) {
  if (command == "status") {
    status_answers_.push_back(answer);
    if (status_answers_.size() > 1) return;
    status_asked_ = Clock::now();
    each_server([](KeptServer& server) {
      server.forget_load();
      server.send("details");  // answered first, so that all is there with the load
      server.send("load");
    });
  } else if (command == "stop" || command == "stop_now") {
    stop_answers_.push_back(answer);
    begin_stop("kirsch stop", command == "stop_now");
  } else if (command == "restart") {
    ask_restart("asked for by the command", answer);
  } else if (command == "graceful" || command == "rehearsal") {
    ask_reload(command == "rehearsal", answer);
  } else if (command == "reopen_logs" || command == "reload_certificates") {
    ask_all(command, answer);
  } else {
    answer->done(ExitCode::usage, "this server does not know '" + command + "'\n");
  }
}

// The keeper's own listeners first, then all servers.
void Keeper::ask_all(const std::string& channel, const Answer& answer) {
  const auto number = ++polls_asked_;
  auto& poll = polls_[number];
  poll.answer = answer;
  auto failures = bus_.publish(channel, "asked for by the command");
  const bool logs = channel == "graceful" || channel == "reopen_logs";
  if (auto unopened = logs ? logs_.reopen() : std::vector<base::Diagnostic>(); !unopened.empty())
    failures.push_back({"keeper", std::move(unopened)});
  const auto verdict = verdict_of(failures, ExitCode::reload_rejected);
  poll.code = verdict.code;
  poll.text = verdict.text;
  for (auto& server : current_) {
    if (server.state() != KeptServer::State::serving) continue;
    poll.missing.insert(server.pid());
    server.send("request", std::to_string(number) + '\n' + channel + "\nasked for by the command");
  }
  finish_polls();
}

void Keeper::take_result(pid_t server, std::uint64_t number, ExitCode code, const std::string& text) {
  if (reload_ && reload_->number == number) {
    if (reload_->missing.erase(server) == 0) return;  // too late
    if (reload_->code == ExitCode::ok) reload_->code = code;
    if (reload_->text.find(text) == std::string::npos) reload_->text += text;
    return;
  }
  const auto found = polls_.find(number);
  if (found == polls_.end()) return;
  auto& poll = found->second;
  poll.missing.erase(server);
  if (poll.code == ExitCode::ok) poll.code = code;
  // Servers of one configuration say the same.
  if (poll.text.find(text) == std::string::npos) poll.text += text;
}

// One that has ended meanwhile has nothing to say.
void Keeper::finish_polls() {
  for (auto entry = polls_.begin(); entry != polls_.end();) {
    auto& poll = entry->second;
    std::erase_if(poll.missing, [this](pid_t pid) {
      return std::ranges::none_of(current_, [pid](const KeptServer& server) { return server.pid() == pid; });
    });
    if (!poll.missing.empty()) {
      ++entry;
      continue;
    }
    if (poll.answer) poll.answer->done(poll.code, poll.text);
    entry = polls_.erase(entry);
  }
}

Loops::Load Keeper::load() const {
  Loops::Load sum;
  for (const auto* team : {&current_, &coming_, &retiring_}) {
    for (const auto& server : *team) {
      if (!server.load()) continue;
      sum.requests += server.load()->requests;
      sum.connections += server.load()->connections;
      sum.drain_left = std::max(sum.drain_left, server.load()->drain_left);
    }
  }
  return sum;
}

void Keeper::show_state() {
  const bool late = Clock::now() - status_asked_ > status_patience;
  bool all = true;
  each_server([&](const KeptServer& server) {
    all = all && (server.load() || server.state() == KeptServer::State::starting ||
                  server.state() == KeptServer::State::ended);
  });
  if (!status_answers_.empty() && (all || late)) {
    std::vector<ServerState> states;
    each_server([&](const KeptServer& server) {
      states.push_back(
          {server.pid(), std::string(server.state_name()), server.load().value_or(Loops::Load{}), server.details()});
    });
    const auto text =
        status_text({.pid = ::getpid(), .keeper = true, .started = started_, .configuration = blueprint_.file},
                    served_text(served_.configuration, served_.listeners), states);
    for (const auto& answer : status_answers_) answer->done(ExitCode::ok, text);
    status_answers_.clear();
  }
  if (stop_answers_.empty() || Clock::now() - load_asked_ < between_questions) return;
  const auto load = this->load();
  for (const auto& answer : stop_answers_) answer->progress(drain_left(load), drain_text(load));
  load_asked_ = Clock::now();
  each_server([](KeptServer& server) { server.send("load"); });
}

// Only what the configuration names: a server may have been taken over by whoever it talks to.
base::UniqueFd Keeper::open_log(const std::string& path) const {
  const auto is_file = [&](const base::LogTarget& target) {
    return target.kind == base::LogTarget::Kind::file && target.path == path;
  };
  const bool known = any_configuration([&](const config::Configuration& configuration) {
    return is_file(configuration.logs.error) ||
           std::ranges::any_of(configuration.logs.named, [&](const auto& named) { return is_file(named.target); });
  });
  if (!known || !in_trusted_folder(path)) return {};
  return base::open_log_file(path);
}

// Certificates, keys and their passwords.
base::UniqueFd Keeper::open_file(const std::string& path) const {
  const auto names = [&](const config::CertificateSettings& one) {
    return path == one.certificate || path == one.private_key || path == one.chain || path == one.ocsp ||
           (one.password.from == config::PasswordSettings::From::file && path == one.password.name);
  };
  const auto is_named = [&](const config::ListenerSettings& listener) {
    return listener.tls &&
           (path == listener.tls->client_authorities || std::ranges::any_of(listener.tls->certificates, names));
  };
  const bool known = any_configuration([&](const config::Configuration& configuration) {
    return std::ranges::any_of(configuration.listeners, is_named);
  });
  if (!known || !in_trusted_folder(path)) return {};
  return base::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

}  // namespace kirsch::server
