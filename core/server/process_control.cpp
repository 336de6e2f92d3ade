// What others order and ask: the command over the control socket, the keeper over its link.
#include <algorithm>
#include <chrono>

#include "kirsch/abi.h"
#include "server/failures.h"
#include "server/process.h"
#include "server/status.h"

namespace kirsch::server {

KeeperLink::Orders Process::orders() {
  return {.exit = [this](std::string_view reason) { bus_.request_exit(reason); },
          .retire = [this](std::string_view reason) { bus_.request("retire", reason); },
          .force = [this](std::string_view reason) { bus_.force(reason); },
          .request =
              [this](std::string_view channel, std::string_view reason, std::uint64_t number) {
                bus_.request(channel, reason, [this, number](const std::vector<engine::Failure>& failures) {
                  const auto verdict = verdict_of(failures, base::ExitCode::reload_rejected);
                  link_->result(number, verdict.code, verdict.text);
                });
              },
          .load = [this] { return load(); }};
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
  const auto channels = {"restart", "graceful", "reopen_logs", "reload_certificates"};
  if (std::ranges::find(channels, command) != channels.end()) return request(command, answer);
  answer->done(base::ExitCode::usage, "this server does not know '" + command + "'\n");
}

void Process::request(const std::string& channel, const std::shared_ptr<ControlAnswer>& answer) {
  bus_.request(channel, "asked for by the command", [answer](const std::vector<engine::Failure>& failures) {
    const auto verdict = verdict_of(failures, base::ExitCode::reload_rejected);
    answer->done(verdict.code, verdict.text);
  });
}

// Any thread. The state is published after the loops are there.
Loops::Load Process::load() {
  const auto state = bus_.state();
  const bool serving = state == engine::State::started || state == engine::State::stopping;
  return serving && loops_ ? loops_->load() : Loops::Load{};
}

std::string Process::status() {
  return status_text({.pid = ::getpid(), .keeper = false, .started = started_, .configuration = blueprint_.file},
                     served_, {{.pid = ::getpid(), .state = std::string(engine::name(bus_.state())), .load = load()}});
}

// Several times a second on the control thread: what those who wait for the end are shown.
void Process::show_drain() {
  const std::lock_guard lock(ending_mutex_);
  if (waiting_for_end_.empty()) return;
  const auto text = drain_text(load());
  for (const auto& answer : waiting_for_end_) answer->progress(text);
}

}  // namespace kirsch::server
