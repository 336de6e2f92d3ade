// One immutable loaded configuration as requests see it: hosts, routes and plans; and how many of them still use it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "pipeline/host_table.h"
#include "pipeline/plan.h"
#include "pipeline/route_table.h"

namespace kirsch::pipeline {

struct Site {
  RouteTable routes;
  std::vector<std::shared_ptr<const Plan>> plans;  // one per path of `routes`
  std::shared_ptr<const Plan> root;                // of prefix "/": answers what nothing matches, and rejected messages
};

// Those that a later generation does not have any more as they were.
using EndedPlans = std::unordered_set<const Plan*>;

// Built by the server, read by all loops. Whatever runs code of its modules for a request (an exchange, an upgraded
// connection, work that outlives its exchange) is a use, counted by the loop that it belongs to: a plain number on a
// cache line of its own. A loop whose requests go elsewhere now, and whose count is zero, is done with it.
class Generation {
 public:
  // `unused` is called once, when the last loop is done: on that loop, after which none touches the generation again.
  Generation(std::uint64_t number, unsigned loops, std::function<void()> unused)
      : number_(number),
        loop_count_(loops),
        uses_(std::make_unique<Uses[]>(loops)),
        loops_(loops),
        unused_(std::move(unused)) {}

  std::vector<Site> sites;
  std::vector<HostRouting> listeners;  // by the listener's number in the server; those without a name are not served

  std::uint64_t number() const { return number_; }
  bool serves(std::uint32_t listener) const {
    return listener < listeners.size() && !listeners[listener].listener.empty();
  }
  const Site* find(std::uint32_t listener, std::string_view host) const {
    const auto site = listeners[listener].hosts.find(host);
    return site ? &sites[*site] : nullptr;
  }
  const Site& fallback(std::uint32_t listener) const { return sites[listeners[listener].fallback]; }

  // On the thread of that loop.
  void enter(unsigned loop) noexcept { uses_[loop].add(1); }
  void leave(unsigned loop) noexcept {
    if (uses_[loop].add(-1) == 0 && uses_[loop].outdated) done();
  }
  // Another one is in its place from now on. Once per loop.
  void outdate(unsigned loop) noexcept {
    uses_[loop].outdated = true;
    if (uses_[loop].add(0) == 0) done();
  }
  // Any thread; a moment old when it returns.
  std::size_t uses() const noexcept {
    std::int64_t sum = 0;
    for (unsigned loop = 0; loop < loop_count_; ++loop) sum += uses_[loop].count.load(std::memory_order_relaxed);
    return static_cast<std::size_t>(sum);
  }

 private:
  // Written by one loop alone, so a load and a store are enough.
  struct alignas(64) Uses {
    std::atomic<std::int64_t> count = 0;
    bool outdated = false;

    std::int64_t add(std::int64_t change) noexcept {
      const auto next = count.load(std::memory_order_relaxed) + change;
      count.store(next, std::memory_order_relaxed);
      return next;
    }
  };

  void done() noexcept {
    if (loops_.fetch_sub(1, std::memory_order_acq_rel) == 1) unused_();
  }

  const std::uint64_t number_;
  const unsigned loop_count_;
  const std::unique_ptr<Uses[]> uses_;  // by loop
  std::atomic<unsigned> loops_;         // that are not done
  const std::function<void()> unused_;
};

}  // namespace kirsch::pipeline
