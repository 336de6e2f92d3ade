// Those of the tool are told apart by its cookie. Those of storages are sums: tools may share one.
#include "numbers.h"

#include <limits>

namespace sessions {
namespace {

using kirsch::Metric;
using kirsch::SessionCounters;

SessionCounters counters_of(const Shared& shared) {
  SessionCounters now{};
  now.size = sizeof now;
  const auto& [table, self] = shared.settings.storage;
  table->counters(self, &now);
  return now;
}

struct OfTool {
  Count Counts::*count;
  const char* name;
  const char* help;
  kirsch::Labels more = {};
};

struct OfStorage {
  std::uint64_t SessionCounters::*count;
  kirsch_metric_kind kind;
  const char* name;
  const char* help;
};

void add(std::vector<Metric>& all, const Shared& shared, const OfTool& one) {
  kirsch::Labels labels{{"cookie", std::string(shared.cookie.base_name())}};
  labels.insert(labels.end(), one.more.begin(), one.more.end());
  all.emplace_back(Metric::About{.kind = KIRSCH_METRIC_COUNTER, .name = one.name, .help = one.help, .labels = labels},
                   [&shared, count = one.count](double* value) {
                     std::uint64_t sum = 0;
                     for (std::uint32_t lane = 0; lane < kirsch::lanes(); ++lane)
                       sum += (shared.counts[lane].*count).get();
                     *value = static_cast<double>(sum);
                   });
}

void add(std::vector<Metric>& all, const Shared& shared, std::uint64_t source, const OfStorage& one) {
  all.emplace_back(Metric::About{.kind = one.kind, .name = one.name, .help = one.help, .source = source},
                   [&shared, count = one.count](double* value) {
                     const auto number = counters_of(shared).*count;
                     *value =
                         number == UINT64_MAX ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(number);
                   });
}

}  // namespace

std::vector<Metric> numbers_of(const Shared& shared) {
  std::vector<Metric> all;
  for (const OfTool& one : {
           OfTool{&Counts::created, "kirsch_sessions_created_total", "Sessions that have begun."},
           OfTool{&Counts::regenerated, "kirsch_sessions_regenerated_total", "Ids that were replaced by others."},
           OfTool{&Counts::expired, "kirsch_sessions_outlived_total", "Sessions ended by their absolute_timeout."},
           OfTool{&Counts::unknown, "kirsch_session_ids_rejected_total", "Ids of no session.", {{"reason", "unknown"}}},
           OfTool{&Counts::malformed,
                  "kirsch_session_ids_rejected_total",
                  "Ids of no session.",
                  {{"reason", "malformed"}}},
           OfTool{&Counts::busy, "kirsch_session_lock_timeouts_total", "Exchanges refused for want of a lock."},
           OfTool{&Counts::failed, "kirsch_session_storage_failures_total", "Calls that a storage has failed."},
       })
    add(all, shared, one);
  const auto shown_by = counters_of(shared).source;
  const auto source = shown_by != 0 ? shown_by : reinterpret_cast<std::uintptr_t>(shared.settings.storage.self);
  constexpr auto counter = KIRSCH_METRIC_COUNTER, gauge = KIRSCH_METRIC_GAUGE;
  for (const OfStorage& one : {
           OfStorage{&SessionCounters::records, gauge, "kirsch_sessions", "Sessions that there are."},
           OfStorage{&SessionCounters::bytes, gauge, "kirsch_sessions_bytes", "Memory that sessions take."},
           OfStorage{&SessionCounters::expired, counter, "kirsch_sessions_expired_total", "Sessions found too old."},
           OfStorage{&SessionCounters::evicted, counter, "kirsch_sessions_evicted_total",
                     "Sessions given up for others."},
           OfStorage{&SessionCounters::lock_waits, counter, "kirsch_session_lock_waits_total", "Locks waited for."},
           OfStorage{&SessionCounters::lost_locks, counter, "kirsch_session_locks_lost_total", "Locks taken away."},
       })
    add(all, shared, source, one);
  return all;
}

}  // namespace sessions
