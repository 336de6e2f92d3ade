// Start, drain and end of the serving threads. The workers end before the loops, which take back what the workers had.
#include "server/loops.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "server/crash.h"
#include "server/driver_choice.h"
#include "server/state_directory.h"

namespace kirsch::server {
namespace {

using namespace std::chrono_literals;

constexpr auto drain_check = 20ms;
constexpr auto worker_patience = 1000ms;  // after the drain
constexpr auto survey_patience = 1000ms;  // with loops that are asked something
constexpr auto turnover_patience = 10'000ms;

}  // namespace

// What all loops are asked, and have answered so far; shared, because one may answer when nobody waits any more.
struct Loops::Survey {
  std::mutex mutex;
  std::condition_variable changed;
  Load load;
  std::size_t told = 0;
};

unsigned Loops::count(const config::ServerSettings& settings) {
  if (settings.loops) return *settings.loops;
  cpu_set_t set;
  CPU_ZERO(&set);
  const bool known = ::sched_getaffinity(0, sizeof set, &set) == 0;
  return known ? static_cast<unsigned>(std::max(CPU_COUNT(&set), 1)) : 1U;
}

Loops::Loops(unsigned loops, const config::Configuration& configuration, base::Log& log, pipeline::Host& host,
             const std::filesystem::path& state, ExpiryWatch& dates)
    : log_(log), dates_(dates), limits_(configuration, loops, log) {
  const auto& settings = configuration.server;
  watch_.emplace(loops + settings.workers, settings.limits.handler_time, log_);
  workers_ =
      std::make_unique<pipeline::WorkerPool>(pipeline::WorkerPool::Settings{.workers = settings.workers,
                                                                            .queue = settings.limits.worker_queue,
                                                                            .first_lane = loops,
                                                                            .begin = [this](unsigned lane) {
                                                                              crash::prepare_thread();
                                                                              watch_->lane(lane).watch_this_thread();
                                                                            }});
  const Lane::Surroundings surroundings{
      .log = log,
      .workers = *workers_,
      .watch = *watch_,
      .bodies = {.spool = std::make_shared<pipeline::Spool>(spool_directory(state), settings.limits.spool),
                 .memory = settings.limits.body_memory},
      .seats = seats_,
      .plain = http_limits(settings.limits),
      .lanes = loops};
  std::vector<net::Loop*> all_loops;
  std::vector<pipeline::Dispatcher*> dispatchers;
  const MakeDriver make_driver = driver_choice(settings, log_);
  for (unsigned number = 0; number < loops; ++number) {
    auto& lane = *lanes_.emplace_back(std::make_unique<Lane>(number, surroundings, make_driver()));
    all_loops.push_back(&lane.loop());
    dispatchers.push_back(&lane.dispatcher());
  }
  host.connect(std::move(all_loops), std::move(dispatchers), workers_.get());
}

Loops::~Loops() {
  if (!stopped_) stop(0ms);
}

void Loops::start(const Turnover& turnover) {
  for (const auto& lane : lanes_) lane->turn_over(turnover);
  try {
    for (const auto& lane : lanes_) lane->start();
    watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  } catch (const std::system_error& error) {
    throw base::Refusal(base::Diagnostic{.code = "C078",
                                         .message = std::string("no thread for a loop: ") + error.what(),
                                         .exit_code = base::ExitCode::bind_or_permission});
  }
}

void Loops::watch(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "kirsch-watch");
  const auto pause = std::max(watch_->longest() / 8, std::chrono::milliseconds(1));
  std::mutex mutex;
  std::condition_variable_any sleep;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    sleep.wait_for(lock, stop, pause, [] { return false; });
    watch_->look(base::steady_now());
    dates_.look();
  }
}

void Loops::force() noexcept {
  const std::lock_guard lock(mutex_);
  forced_ = true;
  changed_.notify_all();
}

// Work on workers may outlive the connection that asked for it, or never have had one.
bool Loops::drained_within(std::chrono::milliseconds drain) noexcept {
  const auto deadline = std::chrono::steady_clock::now() + drain;
  std::unique_lock lock(mutex_);
  drain_end_ = deadline;
  const auto served = [this] { return drained_ == lanes_.size() && workers_->depth() == 0 && workers_->busy() == 0; };
  while (!forced_ && !served() && std::chrono::steady_clock::now() < deadline) {
    changed_.wait_until(lock, std::min(deadline, std::chrono::steady_clock::now() + drain_check));
  }
  return served();
}

bool Loops::workers_ended() noexcept {
  workers_->drop_queued();
  const auto deadline = std::chrono::steady_clock::now() + worker_patience;
  while (workers_->busy() != 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(5ms);
  return workers_->busy() == 0;
}

// With what they have answered in that time, and whether all have.
template <class Work>
std::pair<Loops::Load, bool> Loops::ask_all(std::chrono::milliseconds within, Work work) {
  const auto survey = std::make_shared<Survey>();
  std::size_t asked = 0;
  for (const auto& lane : lanes_) {
    const bool posted = lane->loop().post([&lane = *lane, survey, work] {
      Load part;
      work(lane, part);  // may take its time: the others do not wait for it
      const std::lock_guard lock(survey->mutex);
      survey->load.requests += part.requests;
      survey->load.connections += part.connections;
      ++survey->told;
      survey->changed.notify_all();
    });
    asked += posted ? 1 : 0;
  }
  std::unique_lock lock(survey->mutex);
  const bool all = survey->changed.wait_for(lock, within, [&] { return survey->told == asked; });
  return {survey->load, all};
}

bool Loops::turn_over(const std::shared_ptr<const Turnover>& turnover) {
  return ask_all(turnover_patience, [turnover](Lane& lane, Load&) { lane.turn_over(*turnover); }).second;
}

void Loops::retire() {
  ask_all(survey_patience, [](Lane& lane, Load&) { lane.retire(); });
}

Loops::Load Loops::load() {
  auto load = ask_all(survey_patience, [](Lane& lane, Load& sum) {
                sum.requests += lane.requests();
                sum.connections += lane.connections();
              }).first;
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (drain_end_ && *drain_end_ > now)
    load.drain_left = std::chrono::duration_cast<std::chrono::milliseconds>(*drain_end_ - now);
  return load;
}

bool Loops::stop(std::chrono::milliseconds drain, Idle idle) noexcept {
  if (std::exchange(stopped_, true)) return true;
  for (const auto& lane : lanes_)
    lane->loop().post([this, &lane = *lane, idle] {
      lane.drain(idle == Idle::keep, [this] {
        const std::lock_guard lock(mutex_);
        ++drained_;
        changed_.notify_all();
      });
    });
  if (!drained_within(drain)) log_.write(base::Level::warning, "server: the drain ended with work left");
  for (const auto& lane : lanes_) lane->loop().post([&lane = *lane] { lane.abort_all(); });
  watcher_ = {};
  if (!workers_ended()) {
    log_.write(base::Level::error,
               "server: " + std::to_string(workers_->busy()) + " blocking steps do not end; leaving them behind");
    return false;
  }
  workers_->stop();
  for (const auto& lane : lanes_) lane->end();
  return true;
}

}  // namespace kirsch::server
