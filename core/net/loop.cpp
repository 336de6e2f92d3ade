// The turns of a loop, and its end.
#include "net/loop.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <string>
#include <system_error>

#include "base/diagnostic.h"
#include "net/accept_queue.h"
#include "net/epoll_driver.h"
#include "net/transport_pool.h"

namespace kirsch::net {
namespace {

thread_local Loop* current_loop = nullptr;

// Rounds of deferred work and reports per turn. What is left waits for the next turn, which does not sleep.
constexpr int rounds_per_turn = 2;
// Connections that a listener may hold in its backlog when it closes.
constexpr unsigned last_accepts = 65536;
constexpr std::int64_t longest_sleep = 3'600'000;
constexpr std::uint64_t shed_milliseconds = 1000;
// So much is worth a walk through the heap for pages that the system can have back; the second, where no more comes.
constexpr std::size_t worth_a_trim = 1024 * 1024;
constexpr std::size_t worth_a_last_trim = 64 * 1024;

// sendfile has no MSG_NOSIGNAL. Blocked rather than ignored: that would be the whole process's.
void block_sigpipe() noexcept {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

Loop::Loop(unsigned lane, base::Log& log) : Loop(lane, log, std::make_unique<EpollDriver>()) {}

Loop::Loop(unsigned lane, base::Log& log, std::unique_ptr<Driver> driver)
    : lane_(lane),
      log_(log),
      driver_(std::move(driver)),
      tasks_(*driver_),
      transports_(std::make_unique<TransportPool>(*this, *driver_)) {}

Loop::~Loop() { end(); }

Loop* Loop::current() noexcept { return current_loop; }

void Loop::run() {
  assert(stage_ == Stage::fresh);
  stage_ = Stage::running;
  block_sigpipe();
  current_loop = this;
  driver_->begin();
  while (!stopping_.load(std::memory_order_acquire)) turn(sleep_limit());
  end();
  current_loop = nullptr;
}

void Loop::stop() noexcept {
  stopping_.store(true, std::memory_order_release);
  tasks_.interrupt();
}

void Loop::step(std::chrono::milliseconds wait) noexcept {
  if (stage_ == Stage::ended) return;
  Loop* const outer = std::exchange(current_loop, this);
  if (stage_ == Stage::fresh) driver_->begin();
  stage_ = Stage::running;
  turn(sleep_limit() == 0 ? 0 : static_cast<int>(wait.count()));
  if (stopping_.load(std::memory_order_acquire)) end();
  current_loop = outer;
}

void Loop::turn(int limit) noexcept {
  if (limit != 0 && !tasks_.prepare_sleep()) limit = 0;
  driver_->wait(limit);
  tasks_.awake();
  now_ = base::steady_now();
  driver_->deliver();
  tasks_.run();
  timers_.fire(now_);
  transports_->expire(now_);
  finish_turn();
}

// In milliseconds, rounded up so that what is due is due when the loop wakes; -1: until an event.
int Loop::sleep_limit() const noexcept {
  if (!deferred_.empty() || transports_->reports_wait()) return 0;
  const auto next = next_due();
  if (!next) return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - base::steady_now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(wait, 0, longest_sleep));
}

std::optional<base::SteadyTime> Loop::next_due() const noexcept {
  const std::optional<base::SteadyTime> timer = timers_.next();
  const std::optional<base::SteadyTime> deadline = transports_->next_deadline();
  return timer && deadline ? std::min(timer, deadline) : timer ? timer : deadline;
}

void Loop::finish_turn() noexcept {
  for (int round = 0; round < rounds_per_turn; ++round) {
    if (!deferred_.empty()) run_deferred();
    if (transports_->reports_wait()) transports_->run_reports();
  }
  transports_->reclaim();
  std::erase_if(accepting_, [](const auto& queue) { return queue->closed(); });
}

void Loop::run_deferred() noexcept {
  List<Deferred> work;
  work.take(deferred_);
  while (Deferred* deferred = work.pop()) deferred->run_deferred();
}

void Loop::end() noexcept {
  if (stage_ == Stage::ended) return;
  stage_ = Stage::ended;
  accepting_.clear();
  transports_->end();
  driver_->end();
  timers_.end();
  tasks_.end();
  while (deferred_.pop() != nullptr) {
  }
}

bool Loop::post(const kirsch_task& task) noexcept { return tasks_.push(task); }

std::uint64_t Loop::start_timer(std::uint64_t milliseconds, void (*fire)(void* self), void (*destroy)(void* self),
                                void* self) noexcept {
  return timers_.start(milliseconds, fire, destroy, self);
}

void Loop::cancel_timer(std::uint64_t timer) noexcept { timers_.cancel(timer); }

void Loop::at_end_of_turn(Deferred& work) noexcept {
  if (!work.linked()) deferred_.append(work);
}

void Loop::shed_later(Hoard& hoard) noexcept {
  if (!hoard.linked()) hoards_.append(hoard);
  if (shed_timer_ != 0) return;
  shed_timer_ = start_timer(
      shed_milliseconds, [](void* self) { static_cast<Loop*>(self)->shed(); }, nullptr, this);
  if (shed_timer_ == Timers::none) shed_timer_ = 0;  // whoever asks next tries again
}

void Loop::shed() noexcept {
  shed_timer_ = 0;
  List<Hoard> hoards;
  hoards.take(hoards_);
  while (Hoard* hoard = hoards.pop()) shed_bytes_ += hoard->shed();
  if (shed_bytes_ < (hoards_.empty() ? worth_a_last_trim : worth_a_trim)) return;
  shed_bytes_ = 0;
  ::malloc_trim(0);
}

std::uint64_t Loop::listen(Listener listener, Acceptor& acceptor, Taking taking) {
  const auto number = ++listenings_;
  if (stage_ == Stage::ended) return number;
  auto queue = std::make_unique<AcceptQueue>(std::move(listener), acceptor, taking, *transports_, log_);
  queue->number = number;
  if (const int error = queue->open()) {
    base::Diagnostic diagnostic;
    diagnostic.code = "N002";
    diagnostic.message = "an event loop cannot watch a listener: " + std::generic_category().message(error);
    diagnostic.exit_code = base::ExitCode::internal;
    throw base::Refusal(std::move(diagnostic));
  }
  accepting_.push_back(std::move(queue));
  return number;
}

AcceptQueue* Loop::listening(std::uint64_t number) noexcept {
  for (const auto& queue : accepting_)
    if (queue->number == number) return queue.get();
  return nullptr;
}

void Loop::hand_listening(std::uint64_t number, Acceptor& acceptor) noexcept {
  if (AcceptQueue* queue = listening(number)) queue->hand_to(acceptor);
}

void Loop::stop_accepting(std::uint64_t number) noexcept {
  AcceptQueue* queue = listening(number);
  if (queue == nullptr || queue->closed()) return;
  queue->accept_waiting(last_accepts);
  queue->close();
}

void Loop::stop_accepting() noexcept {
  // By index: an acceptor may come back here.
  for (std::size_t index = 0; index < accepting_.size(); ++index) {
    accepting_[index]->accept_waiting(last_accepts);
    accepting_[index]->close();
  }
}

Transport* Loop::adopt(base::UniqueFd descriptor, TransportEvents& events) noexcept {
  if (stage_ == Stage::ended) return nullptr;
  ::fcntl(descriptor.get(), F_SETFL, ::fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK);
  SocketTransport* transport = transports_->create(std::move(descriptor), {});
  if (transport == nullptr) return nullptr;
  transport->set_events(events);
  driver_->add(*transport);
  return transport;
}

std::size_t Loop::connections() const noexcept { return transports_->size(); }

}  // namespace kirsch::net
