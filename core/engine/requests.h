// What other threads want from the bus: an end, an end at once, a reload. Nothing that was asked for is lost, whenever
// it comes.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/listeners.h"

namespace kirsch::engine {

// Told how a reload went: no failure means that all services run on the new configuration. Called once, on the thread
// of Bus::wait, or on the asking thread when the bus ends anyway. Must not throw.
using GracefulResult = std::function<void(const std::vector<Failure>& failures)>;

class Requests {
 public:
  struct Graceful {
    std::string reason;                   // of the first that asked
    std::vector<GracefulResult> results;  // of all that asked
  };

  // Any thread. The first reason stays.
  void ask_exit(std::string_view reason);
  void ask_graceful(std::string_view reason, GracefulResult result);
  // Any thread. Asks for the exit as well. Calls the force callback on this thread, the first time only.
  void force(std::string_view reason);

  bool exit_asked() const;
  bool forced() const;
  std::string exit_reason() const;

  // See Bus::set_force_callback.
  void set_force_callback(std::function<void()> callback);

  // Blocks until there is something to do: a reload, or none when an exit was asked for (it goes first).
  std::optional<Graceful> next();
  // Tells all that wait for a reload, and all that ask from now on, that there will be none.
  void refuse_graceful() noexcept;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool exit_ = false;
  bool forced_ = false;
  bool refusing_ = false;
  std::string exit_reason_;
  std::optional<Graceful> graceful_;
  std::mutex force_mutex_;  // held while the callback runs
  std::function<void()> force_callback_;
};

}  // namespace kirsch::engine
