// Who listens on which channel of the bus, in which order they run, and what became of those that failed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace kirsch::engine {

// What is published. A listener that wants no more than the message takes a std::string_view.
struct Event {
  std::string_view channel;
  std::string_view message;  // the reason of an end or a reload, the line of channel log, empty for start
  int code = 0;              // of channel failed: the exit code

  operator std::string_view() const noexcept { return message; }  // NOLINT(google-explicit-constructor)
};

struct Listener {
  std::string channel;  // "start", "stop", "exit", "graceful", "log", or any other name, such as "SIGTERM"
  std::string name;     // its owner, as the operator knows it; what shall be undone step by step needs a name per step
  int priority = 50;
  // May throw base::Refusal or another std::exception, nothing else.
  std::function<void(const Event& event)> callback;
};

// Names a listener that was added. Never 0.
using Subscription = std::uint64_t;

struct Failure {
  std::string listener;
  std::vector<base::Diagnostic> diagnostics;  // at least one; of a std::exception: its text, exit code internal
};

// Ascending priority, ties in order of declaration; `mirrored` is that order from its end.
enum class Order : std::uint8_t { ascending, mirrored };

class Listeners {
 public:
  using Snapshot = std::vector<std::shared_ptr<const Listener>>;

  // Any thread. A publish that is under way does not see it.
  Subscription add(Listener listener);
  // Any thread.
  void remove(Subscription subscription) noexcept;
  // Any thread. Those of `channel` as they are now.
  Snapshot snapshot(std::string_view channel, Order order) const;

 private:
  struct Entry {
    Subscription number;
    std::shared_ptr<const Listener> listener;
  };

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;  // of all channels, ascending
  Subscription last_ = 0;
};

// Calls one listener; what it throws comes back as its failure.
std::optional<Failure> call(const Listener& listener, const Event& event);

}  // namespace kirsch::engine
