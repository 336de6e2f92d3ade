// A storage sweeps in pieces, so that no loop stands still for it.
#include "rounds.h"

#include <kirsch/log.h>

namespace sessions {
namespace {

constexpr Milliseconds between_pieces{10};

std::string number(std::uint64_t count) { return count == UINT64_MAX ? "?" : std::to_string(count); }

}  // namespace

void Rounds::begin(std::uint32_t lane) {
  const auto& clean_freq = shared_.settings.clean_freq;
  if (!clean_freq || begun_.load(std::memory_order_relaxed) || begun_.exchange(true)) return;
  next(lane, *clean_freq);
}

void Rounds::end() {
  const std::lock_guard guard(mutex_);
  ended_ = true;
}

void Rounds::next(std::uint32_t lane, Milliseconds delay) {
  kirsch::after(lane, delay, [self = shared_from_this(), lane] { self->go(lane); });
}

void Rounds::go(std::uint32_t lane) {
  const std::lock_guard guard(mutex_);
  if (ended_) return;
  const auto& [table, self] = shared_.settings.storage;
  if (table->sweep != nullptr && table->sweep(self) != 0) return next(lane, between_pieces);
  report();
  next(lane, *shared_.settings.clean_freq);
}

void Rounds::report() {
  kirsch::SessionCounters stored{};
  stored.size = sizeof stored;
  const auto& [table, self] = shared_.settings.storage;
  table->counters(self, &stored);
  std::string report = number(stored.records) + " sessions, " + number(stored.bytes) + " bytes, " +
                       number(stored.expired) + " expired, " + number(stored.evicted) + " evicted, " +
                       number(stored.lock_waits) + " waits for locks";
  for (const auto& [count, words] : {std::pair(&Counts::created, " created"),
                                     {&Counts::regenerated, " with another id"},
                                     {&Counts::expired, " at their absolute_timeout"},
                                     {&Counts::unknown, " ids of no session"},
                                     {&Counts::malformed, " malformed ids"},
                                     {&Counts::busy, " times busy"},
                                     {&Counts::failed, " failures of the storage"}}) {
    std::uint64_t sum = 0;
    for (std::uint32_t lane = 0; lane < kirsch::lanes(); ++lane) sum += (shared_.counts[lane].*count).get();
    report += ", " + std::to_string(sum) + words;
  }
  if (report != last_report_) kirsch::log(kirsch::Level::info, shared_.cookie.base_name(), ": ", report);
  last_report_ = std::move(report);
}

}  // namespace sessions
