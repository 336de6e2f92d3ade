// One event loop: a thread's own connections, listeners, timers and tasks, driven in turns.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "kirsch/abi.h"
#include "net/list.h"
#include "net/listener.h"
#include "net/task_queue.h"
#include "net/timers.h"
#include "net/transport.h"

namespace kirsch::net {

class AcceptQueue;
class Driver;
class TransportPool;

// Something to do once when the events of a turn are done, such as sending what they gathered. Leaves the list when
// destroyed.
class Deferred : public Link<Deferred> {
 public:
  // On the loop's thread; must not throw.
  virtual void run_deferred() = 0;

 protected:
  ~Deferred() = default;
};

// Something that keeps memory for its next use. Leaves the list when destroyed.
class Hoard : public Link<Hoard> {
 public:
  // On the loop's thread, some time after shed_later: gives back what was not needed since the last call and asks again
  // if more is kept than it likes to. Returns about how many bytes. Must not throw.
  virtual std::size_t shed() noexcept = 0;

 protected:
  ~Hoard() = default;
};

// Everything but post, stop and connections belongs to the thread of run(), or to the one that made the loop before
// run() begins.
class Loop {
 public:
  // `log` must outlive the loop. The first one takes the epoll driver and throws base::Refusal when the system gives no
  // descriptors.
  Loop(unsigned lane, base::Log& log);
  Loop(unsigned lane, base::Log& log, std::unique_ptr<Driver> driver);
  // As the end of run(), if run() never was called.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Until stop(). At its end: listeners close, each transport gets on_lost(ECANCELED), timers are destroyed, tasks
  // dropped. Once.
  void run();
  // Any thread, at any time.
  void stop() noexcept;

  // Instead of run(), on one thread again and again: one turn, which waits at most that long, and not for timers; after
  // stop() it is the last one.
  void step(std::chrono::milliseconds wait) noexcept;
  // Another turn would find something to do without waiting, other than what arrives.
  bool pending() const noexcept { return sleep_limit() == 0 || tasks_.pending(); }
  // When the next timer or deadline is due.
  std::optional<base::SteadyTime> next_due() const noexcept;

  // Any thread, in order per thread. Exactly one of run and drop is called on the loop's thread; false: the loop has
  // ended or there is no memory, and nothing was called.
  bool post(const kirsch_task& task) noexcept;
  // The same for a callable, which is destroyed in any case. It must not throw.
  template <std::invocable Work>
  bool post(Work work);

  // As kirsch_timer: fires once after at least that long; `destroy` (may be null) runs exactly once in every case:
  // after it fired, in cancel_timer, or when the loop ends. Never 0. `destroy` runs at once if the loop has ended or
  // there is no memory, and the number is Timers::none.
  std::uint64_t start_timer(std::uint64_t milliseconds, void (*fire)(void* self), void (*destroy)(void* self),
                            void* self) noexcept;
  void cancel_timer(std::uint64_t timer) noexcept;  // unknown numbers are ignored

  // Runs it once after all events of this turn, in order of the first call; calls before that change nothing. One that
  // is added while such work runs gets its turn before the loop sleeps.
  void at_end_of_turn(Deferred& work) noexcept;

  // Has it shed in a second. Calls before that change nothing.
  void shed_later(Hoard& hoard) noexcept;

  // `acceptor` must outlive the listening, which the number names; never 0. Throws base::Refusal when the system gives
  // no memory.
  std::uint64_t listen(Listener listener, Acceptor& acceptor, Taking taking = Taking::all);
  // Who takes the connections of a listening from now on, and its end; as below, for one of them.
  void hand_listening(std::uint64_t number, Acceptor& acceptor) noexcept;
  void stop_accepting(std::uint64_t number) noexcept;
  // Accepts what has completed its handshake, then closes the listeners of this loop.
  void stop_accepting() noexcept;
  // A connected stream socket from elsewhere. Null: no memory; the descriptor is closed.
  Transport* adopt(base::UniqueFd descriptor, TransportEvents& events) noexcept;

  base::SteadyTime now() const noexcept { return now_; }  // read once per turn
  std::size_t connections() const noexcept;               // any thread
  unsigned lane() const noexcept { return lane_; }
  static Loop* current() noexcept;  // the loop that runs on this thread, or null

 private:
  enum class Stage : std::uint8_t { fresh, running, ended };

  void turn(int limit) noexcept;
  int sleep_limit() const noexcept;
  AcceptQueue* listening(std::uint64_t number) noexcept;
  void finish_turn() noexcept;
  void run_deferred() noexcept;
  void shed() noexcept;
  void end() noexcept;

  const unsigned lane_;
  Stage stage_ = Stage::fresh;
  std::atomic<bool> stopping_ = false;
  base::SteadyTime now_ = base::steady_now();
  base::Log& log_;
  std::unique_ptr<Driver> driver_;
  TaskQueue tasks_;
  Timers timers_;
  List<Deferred> deferred_;
  List<Hoard> hoards_;
  std::uint64_t shed_timer_ = 0;
  std::size_t shed_bytes_ = 0;  // that malloc may still hold
  std::unique_ptr<TransportPool> transports_;
  std::vector<std::unique_ptr<AcceptQueue>> accepting_;
  std::uint64_t listenings_ = 0;  // ever
};

template <std::invocable Work>
bool Loop::post(Work work) {
  auto box = std::make_unique<Work>(std::move(work));
  const kirsch_task task{[](void* self) { (*std::unique_ptr<Work>(static_cast<Work*>(self)))(); },
                         [](void* self) { delete static_cast<Work*>(self); }, box.get()};
  if (!post(task)) return false;
  static_cast<void>(box.release());
  return true;
}

}  // namespace kirsch::net
