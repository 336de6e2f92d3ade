// Keeps listeners sorted at all times, so that a snapshot is a filtered copy.
#include "engine/listeners.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace kirsch::engine {

Subscription Listeners::add(Listener listener) {
  auto shared = std::make_shared<const Listener>(std::move(listener));
  const std::lock_guard lock(mutex_);
  const auto later = [](int priority, const Entry& other) { return priority < other.listener->priority; };
  const auto at = std::upper_bound(entries_.begin(), entries_.end(), shared->priority, later);
  return entries_.insert(at, {++last_, std::move(shared)})->number;
}

void Listeners::remove(Subscription subscription) noexcept {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [subscription](const Entry& entry) { return entry.number == subscription; });
}

Listeners::Snapshot Listeners::snapshot(std::string_view channel, Order order) const {
  Snapshot result;
  {
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      if (entry.listener->channel == channel) result.push_back(entry.listener);
    }
  }
  if (order == Order::mirrored) std::reverse(result.begin(), result.end());
  return result;
}

std::optional<Failure> call(const Listener& listener, const Event& event) {
  try {
    listener.callback(event);
    return std::nullopt;
  } catch (const base::Refusal& refusal) {
    return Failure{listener.name, refusal.diagnostics()};
  } catch (const std::exception& error) {
    base::Diagnostic diagnostic;
    diagnostic.code = "E001";
    diagnostic.message = error.what();
    diagnostic.exit_code = base::ExitCode::internal;
    return Failure{listener.name, {std::move(diagnostic)}};
  }
}

}  // namespace kirsch::engine
