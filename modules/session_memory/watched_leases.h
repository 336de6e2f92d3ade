// At whose leases a timer will look. Timers end with the code that started them, so this is no matter of the table,
// which outlives it.
#pragma once

#include <kirsch/session_storage.h>

#include <mutex>
#include <unordered_set>

namespace session_memory {

// Any thread.
class WatchedLeases {
 public:
  // False: it is one already.
  bool add(const kirsch::SessionKey& key) {
    const std::lock_guard guard(mutex_);
    return keys_.insert(key).second;
  }
  void remove(const kirsch::SessionKey& key) {
    const std::lock_guard guard(mutex_);
    keys_.erase(key);
  }

 private:
  std::mutex mutex_;
  std::unordered_set<kirsch::SessionKey, kirsch::SessionKeyHash> keys_;
};

}  // namespace session_memory
