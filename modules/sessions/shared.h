// What all visits of one tool share.
#pragma once

#include <kirsch/host.h>

#include "cookie.h"
#include "session_id.h"
#include "settings.h"
#include "storage_call.h"

namespace sessions {

using kirsch::Count;

// Of one lane.
struct Counts {
  Count malformed;  // ids that this tool cannot have made
  Count unknown;    // of no session, or of one that has ended
  Count created;
  Count expired;  // by their absolute timeout
  Count regenerated;
  Count busy;    // 503 for want of a lock
  Count failed;  // calls of the storage
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
  const kirsch::PreparedField no_store{"Cache-Control", "no-store"};
  const kirsch::PerLane<Hash> hashes;
  const kirsch::PerLane<Counts> counts;
  const Pending pending{std::string(cookie.base_name())};
  mutable Throttle complaints;
  mutable std::atomic<bool> warned = false;  // that a Secure cookie went out in the clear
};

}  // namespace sessions
