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

struct Listener {
  std::string channel;  // "start", "stop", "exit", "graceful", "log", or any other name, such as "SIGTERM"
  std::string name;     // its owner, as the operator knows it; what shall be undone step by step needs a name per step
  int priority = 50;
  // May throw base::Refusal or another std::exception, nothing else. `message` is the reason of an end or a reload, the
  // line of channel log, empty for start.
  std::function<void(std::string_view message)> callback;
};

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
  void add(Listener listener);
  // Any thread. Those of `channel` as they are now.
  Snapshot snapshot(std::string_view channel, Order order) const;

 private:
  mutable std::mutex mutex_;
  Snapshot listeners_;  // of all channels, ascending
};

// Calls one listener; what it throws comes back as its failure.
std::optional<Failure> call(const Listener& listener, std::string_view message);

}  // namespace kirsch::engine
