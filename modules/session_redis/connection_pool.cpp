// A worker that has a connection serves calls until none waits. A timer watches over the time that each takes, because
// a name that is looked up, or a server that sends its answer byte by byte, knows no timeout.
#include "connection_pool.h"

#include <kirsch/log.h>
#include <kirsch/tasks.h>
#include <sys/random.h>

#include <algorithm>

namespace session_redis {
namespace {

using namespace std::chrono_literals;

constexpr int at_once = 64;  // calls before the worker does something else
constexpr auto watch_round = 25ms;
constexpr std::chrono::milliseconds first_probe = 25ms;
constexpr std::chrono::milliseconds last_probe = 400ms;

}  // namespace

// A worker with a connection. If it is dropped, so are the calls that wait, should it have been the last.
class ConnectionPool::Runner {
 public:
  explicit Runner(std::shared_ptr<ConnectionPool> pool) : pool_(std::move(pool)) {}
  Runner(Runner&&) noexcept = default;
  Runner& operator=(Runner&&) = delete;
  ~Runner() {
    if (pool_ != nullptr) pool_->runner_ended();
  }
  void operator()() {
    auto* const pool = pool_.get();
    pool->run(std::move(*this));
  }
  void done() { pool_.reset(); }

 private:
  std::shared_ptr<ConnectionPool> pool_;
};

void ConnectionPool::call(Command command, Then then) {
  Call refused(std::move(command), std::move(then), Clock::now() + settings_.timeout);
  bool watch_it = false;
  bool another = false;
  {
    const std::lock_guard guard(mutex_);
    if (ended_ || down_ || queue_.size() >= settings_.queue) return;
    queue_.push_back(std::move(refused));
    watch_it = !std::exchange(watching_, true);
    another = runners_ < settings_.connections;
    if (another) ++runners_;
  }
  if (watch_it) kirsch::post(0, [self = shared_from_this()] { self->watch(); });
  if (another) kirsch::submit(Runner(shared_from_this()));
}

void ConnectionPool::run(Runner&& runner) {
  Runner rest = std::move(runner);
  Active active;
  std::unique_ptr<Connection> connection;
  {
    const std::lock_guard guard(mutex_);
    active_.push_back(&active);
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  bool more = true;
  for (int count = 0; more && count < at_once; ++count) {
    Call call;
    {
      const std::lock_guard guard(mutex_);
      if (queue_.empty()) break;
      call = std::move(queue_.front());
      queue_.pop_front();
      active.then = std::exchange(call.then, nullptr);
      active.deadline = call.deadline;
      active.connection = connection.get();
    }
    more = serve(active, connection, call);
  }
  {
    const std::lock_guard guard(mutex_);
    std::erase(active_, &active);
    if (connection != nullptr && !down_ && !ended_) idle_.push_back(std::move(connection));
    if (queue_.empty()) {  // who calls from now on begins another runner
      --runners_;
      rest.done();
      return;
    }
  }
  kirsch::submit(std::move(rest));
}

// False: the connection is lost, and the server with it.
bool ConnectionPool::serve(Active& active, std::unique_ptr<Connection>& connection, Call& call) {
  const auto then = [&]() -> Then {
    const std::lock_guard guard(mutex_);
    active.deadline = Clock::time_point::max();
    active.connection = nullptr;
    return std::exchange(active.then, nullptr);
  };
  const auto tell = [&](const Reply* reply) {
    if (const auto told = then()) told(reply);
  };
  std::string reason;
  try {
    if (connection != nullptr && !connection->usable()) {
      const std::lock_guard guard(mutex_);
      active.connection = nullptr;
      connection.reset();
    }
    if (connection == nullptr) {
      connection = std::make_unique<Connection>(settings_.address, encryption_, settings_.timeout);
      {
        const std::lock_guard guard(mutex_);
        active.connection = connection.get();
      }
      try {
        connection->open();
      } catch (const Refusal& refusal) {
        throw std::runtime_error(refusal.what());  // who does not let us in is not available
      }
    }
    const auto reply = connection->call(call.command);
    tell(&reply);
    return true;
  } catch (const Refusal& refusal) {
    const Reply reply{"refused", refusal.what()};
    bool known = false;
    {
      const std::lock_guard guard(mutex_);
      known = std::exchange(last_refusal_, reply[1]) == reply[1];
    }
    if (!known) kirsch::log(kirsch::Level::error, settings_.address.shown(), " refuses: ", reply[1]);
    tell(&reply);
    return true;
  } catch (const Poco::Exception& failure) {
    reason = failure.displayText();
  } catch (const std::exception& failure) {
    reason = failure.what();
  }
  auto told = then();  // from here on the watch does not know the connection
  connection.reset();
  if (told) {  // else the watch has said so already
    trip(reason);
    told(nullptr);
  }
  return false;
}

void ConnectionPool::runner_ended() {
  std::deque<Call> dropped;
  const std::lock_guard guard(mutex_);
  if (--runners_ == 0) dropped.swap(queue_);
}

// The first who finds the server not available.
void ConnectionPool::trip(const std::string& reason) {
  std::deque<Call> dropped;
  std::vector<std::unique_ptr<Connection>> closed;
  {
    const std::lock_guard guard(mutex_);
    if (std::exchange(down_, true) || ended_) return;
    dropped.swap(queue_);
    closed.swap(idle_);
    next_probe_ = first_probe;
  }
  kirsch::log(kirsch::Level::error, settings_.address.shown(), " is not available: ", reason);
  if (!kirsch::submit([self = shared_from_this()] { self->probe(); })) probe_later();
}

// One at a time asks whether the server is well, at growing distances.
void ConnectionPool::probe() {
  Active active;
  auto connection = std::make_unique<Connection>(settings_.address, encryption_, settings_.timeout);
  bool watch_it = false;
  {
    const std::lock_guard guard(mutex_);
    if (ended_) return;
    active.connection = connection.get();
    active.deadline = Clock::now() + settings_.timeout;
    active_.push_back(&active);
    watch_it = !std::exchange(watching_, true);
  }
  if (watch_it) kirsch::post(0, [self = shared_from_this()] { self->watch(); });
  bool well = false;
  try {
    connection->open();
    well = true;
  } catch (const std::exception&) {  // said already
  }
  {
    const std::lock_guard guard(mutex_);
    std::erase(active_, &active);
    if (well) {
      down_ = false;
      idle_.push_back(std::move(connection));
    }
  }
  if (well)
    kirsch::log(kirsch::Level::info, settings_.address.shown(), " is available again");
  else
    probe_later();
}

void ConnectionPool::probe_later() {
  std::chrono::milliseconds delay{};
  {
    const std::lock_guard guard(mutex_);
    delay = next_probe_;
    next_probe_ = std::min(2 * next_probe_, last_probe);
  }
  kirsch::post(0, [self = shared_from_this(), delay] {
    kirsch::after(0, delay, [self] {
      if (!kirsch::submit([self] { self->probe(); })) self->probe_later();
    });
  });
}

void ConnectionPool::watch() {
  std::vector<Call> late;
  std::vector<Then> given_up;
  {
    const std::lock_guard guard(mutex_);
    const auto now = Clock::now();
    if (ended_ || (queue_.empty() && active_.empty())) {
      watching_ = false;
      return;
    }
    while (!queue_.empty() && queue_.front().deadline < now) {
      late.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    for (auto* const active : active_) {
      if (active->deadline >= now) continue;
      if (active->connection != nullptr) active->connection->abort();
      if (active->then) given_up.push_back(std::exchange(active->then, nullptr));
    }
  }
  kirsch::after(0, watch_round, [self = shared_from_this()] { self->watch(); });
  if (!given_up.empty()) trip("no answer in time");
  for (const auto& then : given_up) then(nullptr);
}

void ConnectionPool::end() {
  std::deque<Call> dropped;
  std::vector<std::unique_ptr<Connection>> closed;
  const std::lock_guard guard(mutex_);
  ended_ = true;
  dropped.swap(queue_);
  closed.swap(idle_);
}

}  // namespace session_redis
