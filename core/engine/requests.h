// What other threads want from the bus: an end, an end at once, or that a channel such as graceful or restart is
// published. Nothing that was asked for is lost, whenever it comes.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/listeners.h"

namespace kirsch::engine {

// Told how it went: no failure means that all who listen did what was asked. Called once, on the thread of Bus::wait,
// or on the asking thread when the bus ends anyway. Must not throw.
using RequestResult = std::function<void(const std::vector<Failure>& failures)>;

// What such an asker is told where the end was asked for before.
std::vector<Failure> refused_by_the_end();

class Requests {
 public:
  struct Request {
    std::string channel;
    std::string reason;                  // of the first that asked
    std::vector<RequestResult> results;  // of all that asked
    std::function<void()> work = {};     // instead of a channel
  };

  // Any thread, but not once nobody waits any more: then it is dropped.
  void post(std::function<void()> work);
  // Any thread. The first reason stays.
  void ask_exit(std::string_view reason);
  // Any thread. Joins a request for the same channel that still waits.
  void ask(std::string_view channel, std::string_view reason, RequestResult result);
  // Any thread. Asks for the exit as well. Calls the force callback on this thread, the first time only.
  void force(std::string_view reason);

  bool exit_asked() const;
  bool forced() const;
  std::string exit_reason() const;

  // See Bus::set_force_callback.
  void set_force_callback(std::function<void()> callback);

  // Blocks until there is something to do: the oldest request, or none when an exit was asked for (it goes first).
  std::optional<Request> next();
  // Tells all that wait, and all that ask from now on, that nothing will come of it.
  void refuse() noexcept;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool exit_ = false;
  bool forced_ = false;
  bool refusing_ = false;
  std::string exit_reason_;
  std::deque<Request> waiting_;
  std::mutex force_mutex_;  // held while the callback runs
  std::function<void()> force_callback_;
};

}  // namespace kirsch::engine
