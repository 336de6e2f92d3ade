// How the bus walks through its states, and that nothing is left behind when a step fails.
#include "engine/bus.h"

#include <cassert>
#include <cstddef>
#include <utility>

namespace kirsch::engine {

namespace {

base::Refusal refusal(Failure failure) {
  for (base::Diagnostic& diagnostic : failure.diagnostics)
    diagnostic.message = failure.listener + ": " + diagnostic.message;
  return base::Refusal(std::move(failure.diagnostics));
}

std::string place(const base::Diagnostic& diagnostic) {
  if (!diagnostic.reported.empty()) return ": " + base::first_line(diagnostic.reported);
  if (!diagnostic.position) return {};
  const base::Position& at = *diagnostic.position;
  return " (" + at.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ")";
}

}  // namespace

std::string_view name(State state) {
  switch (state) {
    case State::stopped:
      return "stopped";
    case State::starting:
      return "starting";
    case State::started:
      return "started";
    case State::stopping:
      return "stopping";
    case State::exiting:
      return "exiting";
  }
  return "unknown";
}

bool Bus::start() {
  assert(state() == State::stopped);
  started_.clear();
  enter(State::starting);
  for (const auto& listener : listeners_.snapshot("start", Order::ascending)) {
    if (stopping()) {
      log(base::Level::info, "bus start given up: " + requests_.exit_reason());
      exit();
      return false;
    }
    if (auto failure = call(*listener, {"start", {}})) {
      log(base::Level::error, "bus: the start failed in '" + failure->listener + "'");
      exit();
      throw refusal(std::move(*failure));
    }
    started_.insert(listener->name);
  }
  enter(State::started);
  return true;
}

std::string Bus::wait() {
  while (const auto request = requests_.next()) {
    if (request->work) {
      request->work();
      continue;
    }
    log(base::Level::info, "bus " + request->channel + ": " + request->reason);
    const std::vector<Failure> failures = publish(request->channel, request->reason);
    for (const RequestResult& result : request->results) result(failures);
  }
  requests_.refuse();
  return requests_.exit_reason();
}

base::ExitCode Bus::stop() noexcept {
  if (state() == State::started) undo();
  return result_;
}

base::ExitCode Bus::exit() noexcept {
  if (state() == State::exiting) return result_;
  assert(state() != State::stopping);
  requests_.refuse();
  if (state() != State::stopped) undo();
  enter(State::exiting);
  const std::string reason = requests_.exit_reason();
  if (!run(listeners_.snapshot("exit", Order::mirrored), {"exit", reason}).empty()) result_ = base::ExitCode::internal;
  return result_;
}

void Bus::undo() noexcept {
  auto listeners = listeners_.snapshot("stop", Order::mirrored);
  if (state() == State::starting)
    std::erase_if(listeners, [this](const auto& listener) { return !started_.contains(listener->name); });
  const std::string reason = requests_.exit_reason();
  enter(State::stopping, reason);
  if (!run(listeners, {"stop", reason}).empty()) result_ = base::ExitCode::internal;
  enter(State::stopped);
}

std::vector<Failure> Bus::publish(std::string_view channel, std::string_view message, int code) {
  return run(listeners_.snapshot(channel, Order::ascending), {channel, message, code});
}

void Bus::log(base::Level level, std::string_view line) {
  // A listener of channel log that logs would call itself without end.
  // Aligned like what follows it in memory: mold 1.10 makes programs that cannot be loaded where it is not.
  alignas(std::max_align_t) static thread_local bool publishing = false;
  log_.write(level, line);
  if (std::exchange(publishing, true)) return;
  for (const auto& listener : listeners_.snapshot("log", Order::ascending)) {
    if (const auto failure = call(*listener, {"log", line})) report(*failure, "log");
  }
  publishing = false;
}

void Bus::enter(State state, const std::string& reason) {
  state_.store(state, std::memory_order_release);
  log(base::Level::info, "bus " + std::string(name(state)) + (reason.empty() ? "" : ": " + reason));
}

std::vector<Failure> Bus::run(const Listeners::Snapshot& listeners, const Event& event) {
  std::vector<Failure> failures;
  for (const auto& listener : listeners) {
    auto failure = call(*listener, event);
    if (!failure) continue;
    report(*failure, listener->channel);
    failures.push_back(std::move(*failure));
  }
  return failures;
}

void Bus::report(const Failure& failure, std::string_view channel) {
  for (const base::Diagnostic& diagnostic : failure.diagnostics) {
    log(base::Level::error,
        failure.listener + " failed in " + std::string(channel) + ": " + diagnostic.message + place(diagnostic));
  }
}

}  // namespace kirsch::engine
