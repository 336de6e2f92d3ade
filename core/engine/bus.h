// The state machine of the process and its channels. It knows none of those who listen: the server and the plugins
// subscribe.
#pragma once

#include <atomic>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_code.h"
#include "base/log.h"
#include "engine/listeners.h"
#include "engine/requests.h"

namespace kirsch::engine {

// STOPPED → STARTING → STARTED → STOPPING → STOPPED → EXITING
enum class State : std::uint8_t { stopped, starting, started, stopping, exiting };

std::string_view name(State state);

// start, wait, stop and exit belong to one thread, the main one, on which all listeners of those channels
// run. Everything else may be called on any thread, also by listeners. `log` must outlive the bus.
class Bus {
 public:
  explicit Bus(base::Log& log) : log_(log) {}
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  Subscription subscribe(Listener listener) { return listeners_.add(std::move(listener)); }
  // A publish that is under way may still call it. Unknown ones are ignored.
  void unsubscribe(Subscription subscription) noexcept { listeners_.remove(subscription); }
  State state() const { return state_.load(std::memory_order_acquire); }

  // Runs the start listeners. The first that fails ends the start; its name is logged, what went wrong is in the
  // Refusal: the stop listeners of owners of whom a start listener had succeeded run in mirrored order, then all exit
  // listeners; then base::Refusal is thrown, each message opened by the listener's name, exit code internal if it was
  // no Refusal. False: an end was asked for meanwhile; no further listener was started, the same was undone, the bus is
  // exiting. Only in state stopped.
  bool start();

  // Blocks until an end is asked for (at once if it was already) and returns its reason; meanwhile publishes what is
  // asked for by `request`.
  std::string wait();

  // Runs all stop listeners, whichever fail; unless started it runs none. internal: one has failed.
  base::ExitCode stop() noexcept;
  // stop, then all exit listeners. internal: one of either has failed. Later calls run none and return the same.
  base::ExitCode exit() noexcept;

  // Runs the listeners of a named channel here and now, ascending, all of them. No listener: nothing.
  std::vector<Failure> publish(std::string_view channel, std::string_view message = {}, int code = 0);

  // Writes to the log and to those who listen on channel log (on this thread; what they throw goes to the log alone).
  void log(base::Level level, std::string_view line);

  void request_exit(std::string_view reason) { requests_.ask_exit(reason); }
  // Asks the thread of `wait` to publish a channel such as graceful, restart or reopen_logs; those that come together
  // are answered by one publish.
  void request(std::string_view channel, std::string_view reason, RequestResult result = {}) {
    requests_.ask(channel, reason, std::move(result));
  }
  // Runs it on the thread of `wait`, after what was asked for before. Must not throw. Dropped, not run, where the bus
  // ends before.
  void post(std::function<void()> work) { requests_.post(std::move(work)); }
  // Asks for the end, and for a drain that is under way to end at once.
  void force(std::string_view reason) { requests_.force(reason); }

  bool stopping() const { return requests_.exit_asked(); }  // true once an end was asked for
  bool forced() const { return requests_.forced(); }

  // For the stop listener that drains: `callback` is called once, on the thread that forces, at once if that has
  // happened already. After set_force_callback({}) returns it is not running and never will be. It must not throw, nor
  // set a callback itself.
  void set_force_callback(std::function<void()> callback) { requests_.set_force_callback(std::move(callback)); }

 private:
  void enter(State state, const std::string& reason = {});
  std::vector<Failure> run(const Listeners::Snapshot& listeners, const Event& event);
  void report(const Failure& failure, std::string_view channel);
  void undo() noexcept;

  base::Log& log_;
  Listeners listeners_;
  Requests requests_;
  std::atomic<State> state_ = State::stopped;
  std::set<std::string, std::less<>> started_;  // owners of whom a start listener succeeded
  base::ExitCode result_ = base::ExitCode::ok;
};

}  // namespace kirsch::engine
