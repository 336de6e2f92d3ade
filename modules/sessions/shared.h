// What all visits of one tool share.
#pragma once

#include <kirsch/host.h>

#include "cookie.h"
#include "session_id.h"
#include "settings.h"
#include "storage_call.h"

namespace sessions {

// Of one lane, written by it alone, read by any.
struct Counts {
  using Count = std::atomic<std::uint64_t>;
  Count malformed{0};  // ids that this tool cannot have made
  Count unknown{0};    // of no session, or of one that has ended
  Count created{0};
  Count expired{0};  // by their absolute timeout
  Count regenerated{0};
  Count busy{0};    // 503 for want of a lock
  Count failed{0};  // calls of the storage
  static void add(Count& count) { count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
};

// Lets through one a second, so that no client fills a log.
class Throttle {
 public:
  bool let_through() {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    auto last = last_.load(std::memory_order_relaxed);
    return last != now && last_.compare_exchange_strong(last, now, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> last_ = -1;
};

struct Shared {
  explicit Shared(const Settings& of) : settings(of), cookie(of) {}
  const Settings& settings;
  const Cookie cookie;
  const kirsch::PerLane<Hash> hashes;
  const kirsch::PerLane<Counts> counts;
  const std::shared_ptr<Pending> pending = std::make_shared<Pending>();
  mutable Throttle complaints;
  mutable std::atomic<bool> warned = false;  // that a Secure cookie went out in the clear
};

}  // namespace sessions
