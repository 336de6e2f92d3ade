// Keeps listeners sorted at all times, so that a snapshot is a filtered copy.
#include "engine/listeners.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace kirsch::engine {

void Listeners::add(Listener listener) {
  auto entry = std::make_shared<const Listener>(std::move(listener));
  const std::lock_guard lock(mutex_);
  const auto later = [](int priority, const auto& other) { return priority < other->priority; };
  listeners_.insert(std::upper_bound(listeners_.begin(), listeners_.end(), entry->priority, later), entry);
}

Listeners::Snapshot Listeners::snapshot(std::string_view channel, Order order) const {
  Snapshot result;
  {
    const std::lock_guard lock(mutex_);
    std::copy_if(listeners_.begin(), listeners_.end(), std::back_inserter(result),
                 [&](const auto& listener) { return listener->channel == channel; });
  }
  if (order == Order::mirrored) std::reverse(result.begin(), result.end());
  return result;
}

std::optional<Failure> call(const Listener& listener, std::string_view message) {
  try {
    listener.callback(message);
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
