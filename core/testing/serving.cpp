// The parts of a server's lane, without its thread and its listeners.
#include "testing/serving.h"

#include "server/client_limits.h"
#include "server/state_directory.h"

namespace kirsch::testing {
namespace {

pipeline::WorkerPool::Settings workers_for(const config::Configuration& configuration, const Clock& clock) {
  return {.workers = Serving::workers,
          .queue = configuration.server.limits.worker_queue,
          .first_lane = Serving::loops,
          .begin = [&clock](unsigned) { static thread_local const Clock::Use use(clock); }};
}

pipeline::Dispatcher::Bodies bodies_for(const config::Configuration& configuration,
                                        const std::filesystem::path& state) {
  const auto& limits = configuration.server.limits;
  return {.spool = std::make_shared<pipeline::Spool>(server::spool_directory(state), limits.spool),
          .memory = limits.body_memory};
}

}  // namespace

Serving::Serving(const config::Configuration& configuration, const std::filesystem::path& state, base::Log& log,
                 pipeline::Host& host, const Clock& clock)
    : limits_(server::http_limits(configuration.server.limits)),
      watch_(loops + workers, configuration.server.limits.handler_time, log),
      workers_(workers_for(configuration, clock)),
      loop_(0, log),
      dispatcher_(loop_, workers_, log, watch_, bodies_for(configuration, state)),
      connections_(loop_, limits_, dispatcher_) {
  host.connect({&loop_}, {&dispatcher_}, &workers_);
}

std::shared_ptr<Wire> Serving::accept(const kirsch_address& client, bool secure) {
  auto wire = std::make_shared<Wire>(loop_, client);
  connections_.entrance(0, secure).on_accept(*wire);
  return wire;
}

bool Serving::step() noexcept {
  using namespace std::chrono_literals;
  const auto at_work = [this] { return workers_.depth() != 0 || workers_.busy() != 0; };
  loop_.step(at_work() ? 1ms : 0ms);
  return at_work() || loop_.pending();  // in this order: what the worker has left for the loop is there when it rests
}

void Serving::drain() {
  dispatcher_.stop_streams();
  connections_.drain(nullptr, nullptr);
}

// The worker ends before the loop, which takes back what the worker had.
void Serving::end() noexcept {
  connections_.abort_all();
  workers_.stop();
  loop_.stop();
  loop_.step({});
  dispatcher_.clear();
}

}  // namespace kirsch::testing
