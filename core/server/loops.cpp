// Start, drain and end of the serving threads. The workers end before the loops, which take back what the workers had.
#include "server/loops.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "http/plain_clients.h"
#include "server/driver_choice.h"
#include "server/state_directory.h"

namespace kirsch::server {
namespace {

using namespace std::chrono_literals;

constexpr auto drain_check = 20ms;
constexpr auto first_requests = 100ms;    // for clients that were accepted a moment ago
constexpr auto worker_patience = 1000ms;  // after the drain

// Clients whose handshake is not done are no connections yet; they may be a quarter as many.
net::tls::Layer::Settings handshakes_of(const config::LimitSettings& settings, unsigned loops) {
  constexpr std::size_t least = 256;
  return {.handshake_time = settings.handshake_time,
          .handshakes = std::max<std::size_t>(settings.connections / 4 / loops, least)};
}

http::Limits limits_of(const config::LimitSettings& settings) {
  http::Limits limits;
  limits.method = settings.method;
  limits.life = settings.keep_alive_life;
  limits.output_high = settings.output_queue;
  limits.output_low = settings.output_queue / 4;
  limits.client_connections = settings.client_connections;
  limits.loopback_counts = settings.loopback_counts;
  limits.head_time = settings.head_time;
  limits.field_block = settings.header_block;
  limits.field = settings.header_field;
  limits.fields = settings.header_count;
  limits.target = settings.uri;
  limits.body_idle_time = settings.body_idle;
  limits.body_rate = settings.body_rate;
  limits.write_time = settings.write_idle;
  limits.idle_time = settings.keep_alive;
  limits.requests = settings.keep_alive_requests;
  limits.connections = settings.connections;
  return limits;
}

// As many connections as descriptors are left for: a hundred are for files, logs and modules.
std::uint32_t connections_within_descriptors(std::uint64_t configured, base::Log& log) {
  constexpr rlim_t others = 100;
  constexpr std::uint64_t most = UINT32_MAX;
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return most;
  descriptors.rlim_cur = descriptors.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &descriptors);
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  const rlim_t room = descriptors.rlim_cur > others ? descriptors.rlim_cur - others : 1;
  if (configured > room) {
    log.write(base::Level::warning, "server: limits.connections come to " + std::to_string(configured) + ", but " +
                                        std::to_string(descriptors.rlim_cur) + " descriptors are allowed: serving " +
                                        std::to_string(room) + " (ulimit -n, or LimitNOFILE= of the unit)");
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(room, most));
}

}  // namespace

// What all loops are asked, and have answered so far; shared, because one may answer when nobody waits any more.
struct Loops::Survey {
  std::mutex mutex;
  std::condition_variable changed;
  Load load;
  std::size_t told = 0;
};

// One loop with its thread. Its timers and posts run on that thread.
class Loops::Lane {
 public:
  Lane(unsigned number, Loops& owner, const pipeline::Generation& generation, std::unique_ptr<net::Driver> driver)
      : owner_(owner),
        loop_(number, owner.log_, std::move(driver)),
        dispatcher_(loop_, *owner.workers_, owner.log_, generation, *owner.watch_, owner.bodies_),
        seats_(owner.seats_),
        tls_(loop_),
        plain_clients_(owner.limits_.front()) {
    for (std::size_t index = 0; index < owner.limits_.size(); ++index) {
      connections_.push_back(std::make_unique<http::Connections>(loop_, owner.limits_[index], dispatcher_, &seats_,
                                                                 &owner.capacities_[index]));
    }
  }
  ~Lane() { end(); }

  net::Loop& loop() { return loop_; }
  pipeline::Dispatcher& dispatcher() { return dispatcher_; }

  void listen(const net::Listener& listener, std::uint32_t number) {
    const auto limits = owner_.limits_of_listener_[number];
    const auto* contexts = owner_.tls_.of(number);
    auto& entrance = connections_[limits]->entrance(number, contexts != nullptr);
    loop_.listen(listener, contexts == nullptr
                               ? entrance
                               : tls_.entrance(*contexts, entrance, plain_clients_, owner_.handshakes_[limits]));
  }
  void start() {
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), ("kirsch-loop-" + std::to_string(loop_.lane())).c_str());
      loop_.run();
    });
  }
  void drain(Idle idle) noexcept {
    loop_.post([this, idle] {
      keeps_idle_ = idle == Idle::keep;
      retire();
      check_later(first_requests);
    });
  }
  void abort() noexcept {
    loop_.post([this] {
      for (const auto& one : connections_) one->abort_all();
    });
  }
  // False: the loop has ended, nothing will be told.
  template <class Work>
  bool answer(std::shared_ptr<Survey> survey, Work work) {
    return loop_.post([this, survey = std::move(survey), work] {
      const std::lock_guard lock(survey->mutex);
      work(*this, survey->load);
      ++survey->told;
      survey->changed.notify_all();
    });
  }
  void retire() {
    loop_.stop_accepting();
    tls_.drain();
    for (const auto& one : connections_) one->drain(nullptr, nullptr);
  }
  void add_load(Load& load) {
    load.requests += dispatcher_.live();
    load.connections += loop_.connections();
  }
  // What was posted before still runs.
  void end() noexcept {
    if (thread_.joinable()) {
      loop_.post([this] { loop_.stop(); });
      thread_.join();
    }
    dispatcher_.clear();
  }

 private:
  void check_later(std::chrono::milliseconds delay) {
    loop_.start_timer(
        static_cast<std::uint64_t>(delay.count()), [](void* self) { static_cast<Lane*>(self)->check(); }, nullptr,
        this);
  }
  void check() {
    auto live = dispatcher_.live() + tls_.handshakes();
    for (const auto& one : connections_) {
      if (!keeps_idle_) one->close_idle();
      live += one->count();
    }
    if (live != 0) return check_later(drain_check);
    const std::lock_guard lock(owner_.mutex_);
    ++owner_.drained_;
    owner_.changed_.notify_all();
  }

  Loops& owner_;
  net::Loop loop_;
  pipeline::Dispatcher dispatcher_;
  http::ClientSeats& seats_;
  net::tls::Layer tls_;
  http::PlainClients plain_clients_;
  std::vector<std::unique_ptr<http::Connections>> connections_;  // one per set of limits
  bool keeps_idle_ = false;
  std::thread thread_;
};

unsigned Loops::count(const config::ServerSettings& settings) {
  if (settings.loops) return *settings.loops;
  cpu_set_t set;
  CPU_ZERO(&set);
  const bool known = ::sched_getaffinity(0, sizeof set, &set) == 0;
  return known ? static_cast<unsigned>(std::max(CPU_COUNT(&set), 1)) : 1U;
}

// Listeners without limits of their own share the server's, and the count of connections with it; all of them share
// the descriptors.
void Loops::set_limits(const std::vector<config::ListenerSettings>& listeners, const config::LimitSettings& common,
                       unsigned loops) {
  limits_.push_back(limits_of(common));
  handshakes_.push_back(handshakes_of(common, loops));
  std::uint64_t connections = common.connections;
  for (const auto& listener : listeners) {
    limits_of_listener_.push_back(listener.limits ? limits_.size() : 0);
    if (!listener.limits) continue;
    limits_.push_back(limits_of(*listener.limits));
    handshakes_.push_back(handshakes_of(*listener.limits, loops));
    connections += listener.limits->connections;
  }
  if (std::ranges::find(limits_of_listener_, 0U) == limits_of_listener_.end()) connections -= common.connections;
  descriptors_.emplace(connections_within_descriptors(connections, log_));
  for (const auto& limits : limits_) capacities_.emplace_back(limits.connections, &*descriptors_);
}

Loops::Loops(unsigned loops, const config::Configuration& configuration, base::Log& log,
             const pipeline::Generation& generation, pipeline::Host& host, const std::filesystem::path& state,
             TlsListeners& tls)
    : log_(log),
      tls_(tls),
      bodies_{.spool = std::make_shared<pipeline::Spool>(spool_directory(state), configuration.server.limits.spool),
              .memory = configuration.server.limits.body_memory} {
  const auto& settings = configuration.server;
  set_limits(configuration.listeners, settings.limits, loops);
  workers_ = std::make_unique<pipeline::WorkerPool>(pipeline::WorkerPool::Settings{
      .workers = settings.workers, .queue = settings.limits.worker_queue, .first_lane = loops});
  watch_.emplace(loops + settings.workers, settings.limits.handler_time, log_);
  std::vector<net::Loop*> all_loops;
  std::vector<pipeline::Dispatcher*> dispatchers;
  const MakeDriver make_driver = driver_choice(settings, log_);
  for (unsigned number = 0; number < loops; ++number) {
    auto& lane = *lanes_.emplace_back(std::make_unique<Lane>(number, *this, generation, make_driver()));
    all_loops.push_back(&lane.loop());
    dispatchers.push_back(&lane.dispatcher());
  }
  host.connect(std::move(all_loops), std::move(dispatchers), workers_.get());
}

Loops::~Loops() {
  if (!stopped_) stop(0ms);
}

void Loops::start(const std::vector<BoundListener>& listeners) {
  for (std::uint32_t listener = 0; listener < listeners.size(); ++listener) {
    const auto& sockets = listeners[listener].sockets;
    for (std::size_t turn = 0; turn < std::max(lanes_.size(), sockets.size()); ++turn)
      lanes_[turn % lanes_.size()]->listen(sockets[turn % sockets.size()], listener);
  }
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
    tls_.dates().look();
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
  const auto served = [this] { return drained_ == lanes_.size() && workers_->depth() + workers_->busy() == 0; };
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

template <class Work>
Loops::Load Loops::ask_all(Work work) {
  const auto survey = std::make_shared<Survey>();
  std::size_t asked = 0;
  for (const auto& lane : lanes_) asked += lane->answer(survey, work) ? 1 : 0;
  std::unique_lock lock(survey->mutex);
  survey->changed.wait_for(lock, 1s, [&] { return survey->told == asked; });
  return survey->load;
}

void Loops::retire() {
  ask_all([](Lane& lane, Load&) { lane.retire(); });
}

Loops::Load Loops::load() {
  auto load = ask_all([](Lane& lane, Load& sum) { lane.add_load(sum); });
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (drain_end_ && *drain_end_ > now)
    load.drain_left = std::chrono::duration_cast<std::chrono::milliseconds>(*drain_end_ - now);
  return load;
}

bool Loops::stop(std::chrono::milliseconds drain, Idle idle) noexcept {
  if (std::exchange(stopped_, true)) return true;
  for (const auto& lane : lanes_) lane->drain(idle);
  if (!drained_within(drain)) log_.write(base::Level::warning, "server: the drain ended with work left");
  for (const auto& lane : lanes_) lane->abort();
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
