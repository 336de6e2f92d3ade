// What others order and ask: the command over the control socket, the keeper over its link.
#include <algorithm>
#include <chrono>

#include "kirsch/abi.h"
#include "server/failures.h"
#include "server/process.h"
#include "server/status.h"

namespace kirsch::server {
namespace {

// What else listens to a reload that has taken place does not reject it. The bus itself does during an end.
bool rejected(std::string_view channel, const std::vector<engine::Failure>& failures) {
  const auto itself = [](const engine::Failure& failure) {
    return failure.listener == "reload" || failure.listener == "bus";
  };
  return !failures.empty() && (channel != "graceful" || std::ranges::any_of(failures, itself));
}

Verdict verdict_on(std::string_view channel, const std::vector<engine::Failure>& failures) {
  return rejected(channel, failures) ? verdict_of(failures, base::ExitCode::reload_rejected) : verdict_of(failures);
}

}  // namespace

KeeperLink::Orders Process::orders() {
  return {
      .exit = [this](std::string_view reason) { bus_.request_exit(reason); },
      .retire = [this](std::string_view reason) { bus_.request("retire", reason); },
      .force = [this](std::string_view reason) { bus_.force(reason); },
      .request =
          [this](std::string_view channel, std::string_view reason, std::uint64_t number) {
            bus_.request(channel, reason,
                         [this, number, name = std::string(channel)](const std::vector<engine::Failure>& failures) {
                           const auto verdict = verdict_on(name, failures);
                           link_->result(number, verdict.code, verdict.text);
                         });
          },
      .prepare =
          [this](std::uint64_t number, Handover handover, std::vector<BoundListener> listeners, TlsSecrets secrets) {
            const auto given =
                std::make_shared<Given>(Given{std::move(handover), std::move(listeners), std::move(secrets.tickets)});
            bus_.post([this, number, given] { prepare_for_keeper(number, *given); });
          },
      .abandon =
          [this](std::uint64_t number) {
            bus_.post([this, number] {
              abandon();
              link_->result(number, base::ExitCode::ok, {});
            });
          },
      .load = [this] { return load(); },
      .details = [this] { return details(); }};
}

// On the control thread.
void Process::answer(const std::string& command, const std::shared_ptr<ControlAnswer>& answer) {
  if (command == "status") return answer->done(base::ExitCode::ok, status());
  if (command == "stop" || command == "stop_now") {
    {
      const std::lock_guard lock(ending_mutex_);
      waiting_for_end_.push_back(answer);
    }
    return command == "stop" ? bus_.request_exit("kirsch stop") : bus_.force("kirsch stop --now");
  }
  const auto channels = {"restart", "graceful", "rehearsal", "reopen_logs", "reload_certificates"};
  if (std::ranges::find(channels, command) != channels.end()) return request(command, answer);
  answer->done(base::ExitCode::usage, "this server does not know '" + command + "'\n");
}

void Process::request(const std::string& channel, const std::shared_ptr<ControlAnswer>& answer) {
  const bool reloads = channel == "graceful" || channel == "rehearsal";
  bus_.request(channel, "asked for by the command",
               [this, answer, channel, reloads](const std::vector<engine::Failure>& failures) {
                 const auto verdict = verdict_on(channel, failures);
                 answer->done(verdict.code, (reloads && !rejected(channel, failures) ? report_ : "") + verdict.text);
               });
}

// Any thread. The state is published after the loops are there.
Loops::Load Process::load() {
  const auto state = bus_.state();
  const bool serving = state == engine::State::started || state == engine::State::stopping;
  return serving && loops_ ? loops_->load() : Loops::Load{};
}

// Any thread.
std::string Process::details() const {
  return details_text(generations_.uses(), store_.pinned(), host_.metrics().text());
}

std::string Process::status() {
  std::string served;
  {
    const std::lock_guard lock(ending_mutex_);
    served = served_;
  }
  return status_text(
      {.pid = ::getpid(), .keeper = false, .started = started_, .configuration = blueprint_.file}, served,
      {{.pid = ::getpid(), .state = std::string(engine::name(bus_.state())), .load = load(), .details = details()}});
}

// Several times a second on the control thread: what those who wait for the end are shown.
void Process::show_drain() {
  const std::lock_guard lock(ending_mutex_);
  if (waiting_for_end_.empty()) return;
  const auto load = this->load();
  for (const auto& answer : waiting_for_end_) answer->progress(drain_left(load), drain_text(load));
}

}  // namespace kirsch::server
