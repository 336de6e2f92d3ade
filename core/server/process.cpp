// The core's own listeners and their priorities; plugins find their places between them.
#include "server/process.h"

#include <unistd.h>

#include <iostream>

#include "server/process_signals.h"
#include "server/state_directory.h"

namespace kirsch::server {
namespace {

// The field's own numbers (see the design): plugins count on them.
constexpr int bind_priority = 75;
constexpr int log_priority = 78;  // no thread may exist before the fork of a daemon at 65
constexpr int generation_priority = 80;
constexpr int loops_priority = 90;
constexpr int ready_priority = 100;

std::string url(const net::Address& address) { return address.is_unix() ? address.text() : "http://" + address.text(); }

}  // namespace

Process::Process(const Blueprint& blueprint, base::Logs& logs)
    : blueprint_(blueprint),
      logs_(logs),
      log_(logs.error()),
      loop_count_(Loops::count(blueprint.configuration.server)),
      bus_(log_),
      listeners_of_modules_(bus_),
      host_(logs, loop_count_, blueprint.configuration.server.workers, engine()),
      state_(state_directory(blueprint.configuration.server.state)),
      modules_(blueprint, host_, state_),
      plugins_(blueprint, modules_) {
  subscribe_core();
  plugins_.subscribe(bus_);
}

pipeline::Engine Process::engine() {
  return {
      .exit = [this](std::string_view reason) { bus_.request_exit(reason); },
      .force = [this](std::string_view reason) { bus_.force(reason); },
      .stopping = [this] { return bus_.stopping(); },
      .request = [this](std::string_view channel, std::string_view reason) { bus_.request(channel, reason); },
      .publish = [this](std::string_view channel, std::string_view message) { bus_.publish(channel, message); },
      .subscribe = [this](std::string_view owner, std::string_view channel, int priority, kirsch_listen listen,
                          void* self) { return listeners_of_modules_.add(owner, channel, priority, listen, self); },
      .unsubscribe = [this](std::uint64_t subscription) { listeners_of_modules_.remove(subscription); },
      .predecessor = [] { return 0; },
      .give = [this](std::uint32_t user, std::uint32_t group) { give_state(state_, user, group); },
  };
}

void Process::subscribe_core() {
  bus_.subscribe({"start", "listeners", bind_priority, [this](std::string_view) { bind_listeners(); }});
  bus_.subscribe({"exit", "listeners", bind_priority, [this](std::string_view) { listeners_.clear(); }});
  // The thread ends after everything else that may log, not here.
  bus_.subscribe({"start", "log", log_priority, [this](std::string_view) { logs_.start(); }});
  bus_.subscribe({"graceful", "log", log_priority, [this](std::string_view) { reopen_logs(); }});
  bus_.subscribe({"start", "modules", generation_priority, [this](std::string_view) { load_generation(); }});
  bus_.subscribe({"start", "loops", loops_priority, [this](std::string_view) { start_loops(); }});
  bus_.subscribe({"stop", "loops", loops_priority, [this](std::string_view) { stop_loops(); }});
  bus_.subscribe({"start", "ready", ready_priority, [this](std::string_view) { announce(); }});
}

base::ExitCode Process::run() {
  modules_.load(loader::Phase::early);
  plugins_.create(loader::Phase::early);
  if (!plugins_.named("signals")) unblock_signals();
  if (!bus_.start()) return bus_.exit();
  bus_.wait();
  return bus_.exit();
}

// Without dropprivileges a server of root would serve the network as root.
void Process::refuse_root() const {
  const auto& configuration = blueprint_.configuration;
  if (::geteuid() != 0 || configuration.server.allow_root || plugins_.named("dropprivileges")) return;
  for (const auto& listener : listeners_) {
    const auto& address = listener.front().address();
    if (address.is_unix() || address.loopback()) continue;
    throw base::Refusal(
        base::Diagnostic{.code = "C076",
                         .message = "as root the server listens on loopback addresses only, not on " + address.text(),
                         .help = "start it as another user, or say server: { allow_root: true }",
                         .exit_code = base::ExitCode::bind_or_permission});
  }
  log_.write(base::Level::warning, "server: running as root; tolerated because only loopback addresses are bound");
}

void Process::bind_listeners() {
  for (const auto& listener : blueprint_.configuration.listeners) {
    const auto address = net::Address::parse(listener.bind);
    if (!address) {
      throw base::Refusal(base::Diagnostic{
          .code = "C074", .message = "'" + listener.bind + "' is no address to bind", .position = listener.origin});
    }
    try {
      listeners_.push_back(net::Listener::bind(*address, loop_count_,
                                               {.unix_mode = listener.access.mode,
                                                .unix_owner = listener.access.owner,
                                                .unix_group = listener.access.group}));
    } catch (const base::Refusal& refusal) {
      auto diagnostics = refusal.diagnostics();
      if (!diagnostics.front().position) diagnostics.front().position = listener.origin;
      throw base::Refusal(std::move(diagnostics));
    }
  }
  refuse_root();
}

void Process::load_generation() {
  modules_.load(loader::Phase::late);
  plugins_.create(loader::Phase::late);
  generation_ = build_generation(blueprint_.configuration, modules_);
}

void Process::start_loops() {
  loops_.emplace(loop_count_, blueprint_.configuration, log_, generation_, host_, state_);
  try {
    loops_->start(listeners_);
  } catch (...) {  // the bus undoes only what had started
    abandoned_ = !loops_->stop({});
    throw;
  }
  bus_.set_force_callback([this] { loops_->force(); });
}

// On standard output, for people and for whoever started the server.
void Process::announce() const {
  for (const auto& listener : listeners_) std::cout << "serving " << url(listener.front().address()) << '\n';
  std::cout << "ready" << std::endl;
}

void Process::stop_loops() {
  listeners_.clear();  // the loops close theirs now: from here on clients are refused, not left waiting
  abandoned_ = !loops_->stop(blueprint_.configuration.server.drain);
  bus_.set_force_callback({});
  if (abandoned_) throw std::runtime_error("blocking steps of modules did not end in time");
}

void Process::reopen_logs() {
  auto failures = logs_.reopen();
  if (!failures.empty()) throw base::Refusal(std::move(failures));
}

}  // namespace kirsch::server
