// What a storage of sessions does, each a script that Redis runs as one.
#pragma once

#include <atomic>

#include "lock_queues.h"

namespace session_redis {

// The functions are those of kirsch::SessionStorage, on any thread.
class RecordCalls : public std::enable_shared_from_this<RecordCalls> {
 public:
  RecordCalls(PoolSettings settings, std::string prefix)
      : pool_(std::make_shared<ConnectionPool>(std::move(settings))),
        locks_(std::make_shared<LockQueues>(pool_, std::move(prefix), 1'000'000)) {}
  ~RecordCalls() { pool_->end(); }

  void load(const kirsch::SessionKey& key, kirsch::SessionAnswer&& answer);
  std::uint64_t lock(const kirsch::SessionKey& key, std::chrono::milliseconds lease, kirsch::SessionAnswer&& answer);
  void cancel(const kirsch::SessionKey& key, std::uint64_t ticket) { locks_->cancel(key, ticket); }
  void store(const kirsch::SessionKey& key, const kirsch::SessionWrite& write, kirsch::SessionAnswer&& answer);
  void touch(const kirsch::SessionKey& key, std::uint64_t lock, bool unlock, std::chrono::milliseconds left,
             kirsch::SessionAnswer&& answer);
  void remove(const kirsch::SessionKey& key, std::uint64_t lock, kirsch::SessionAnswer&& answer);
  void unlock(const kirsch::SessionKey& key, std::uint64_t lock, kirsch::SessionAnswer&& answer);
  kirsch::SessionCounters counters();

 private:
  void call(const std::string& script, const kirsch::SessionKey& key, Command arguments, Then then);
  kirsch::SessionStatus counted(const Reply* reply);

  const std::shared_ptr<ConnectionPool> pool_;
  const std::shared_ptr<LockQueues> locks_;
  std::atomic<std::uint64_t> created_{0};
  std::atomic<std::uint64_t> unavailable_{0};
  std::atomic<std::uint64_t> corrupt_{0};
};

}  // namespace session_redis
