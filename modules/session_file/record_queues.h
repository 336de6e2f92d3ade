// What a storage of sessions does, on files: for each record a queue of what is to be done with it, which one worker at
// a time works off, and a queue of those that wait for its lock, which takes no worker at all.
#pragma once

#include <deque>
#include <mutex>
#include <unordered_map>

#include "record_sweep.h"
#include "shared_locks.h"

namespace session_file {

// Lives as long as its tasks and timers. The functions are those of kirsch::SessionStorage, on any thread.
class RecordQueues : public std::enable_shared_from_this<RecordQueues> {
 public:
  RecordQueues(const std::string& path, Sync sync, std::uint64_t limit)
      : folder_(path, sync), locks_(folder_.lock_file()), sweep_(folder_), limit_(limit) {}

  void load(const kirsch::SessionKey& key, kirsch::SessionAnswer&& answer);
  std::uint64_t lock(const kirsch::SessionKey& key, std::chrono::milliseconds lease, kirsch::SessionAnswer&& answer);
  void cancel(const kirsch::SessionKey& key, std::uint64_t ticket);
  void store(const kirsch::SessionKey& key, const kirsch::SessionWrite& write, kirsch::SessionAnswer&& answer);
  void touch(const kirsch::SessionKey& key, std::uint64_t lock, bool unlock, std::chrono::milliseconds left,
             kirsch::SessionAnswer&& answer);
  void remove(const kirsch::SessionKey& key, std::uint64_t lock, kirsch::SessionAnswer&& answer);
  void unlock(const kirsch::SessionKey& key, std::uint64_t lock, kirsch::SessionAnswer&& answer);
  bool sweep();
  kirsch::SessionCounters counters();
  // The instance goes: what is under way ends, nothing new begins.
  void end();

 private:
  using Clock = std::chrono::steady_clock;
  using Delay = std::chrono::milliseconds;

  enum class Kind { inspect, tidy, store, touch, remove, unlock, attempt };
  struct Operation {
    Kind kind = Kind::attempt;
    kirsch::SessionAnswer answer{};
    std::string data{};
    std::uint64_t lock = 0;
    std::uint64_t revision = 0;
    std::uint64_t age = 0;
    std::uint64_t left = 0;
    bool unlock = false;
    bool too_large = false;
    Clock::time_point begun = Clock::now();

    bool gives_back(std::uint64_t held) const { return held != 0 && lock == held && (unlock || kind == Kind::unlock); }
  };
  struct Waiter {
    kirsch::SessionAnswer answer;
    std::uint64_t ticket;
    Delay lease;
    bool counted;
  };
  // Changed under the mutex; all but the two queues only by the worker that runs it.
  struct Entry {
    std::deque<Operation> operations;
    bool running = false;  // a worker does what is queued, or will
    std::deque<Waiter> waiting;
    bool knocking = false;   // a timer will attempt to get the lock
    int knocks = 0;          // in vain
    std::uint64_t lock = 0;  // of somebody here
    Clock::time_point lease_end{};
    bool owned = false;        // Part::owner is ours: a lock of somebody here, or passing from one to the next
    bool marked = false;       // Part::next is
    Clock::time_point turn{};  // when it became ours

    bool locked() const { return lock != 0 && Clock::now() < lease_end; }
    bool idle() const {
      return !running && !knocking && !owned && !marked && lock == 0 && operations.empty() && waiting.empty();
    }
  };
  class Errand;
  class Knock;

  // `here`: on this thread, a worker, unless another one is at it already.
  void enqueue(const kirsch::SessionKey& key, Operation&& operation, bool here = false);
  void run(const kirsch::SessionKey& key, Errand&& errand);
  // False: another process changes the record at this moment.
  bool perform(const kirsch::SessionKey& key, Entry& entry, Operation& operation);
  void change(const kirsch::SessionKey& key, Entry& entry, Operation& operation);
  kirsch::SessionStatus store(const kirsch::SessionKey& key, Entry& entry, Operation& operation, bool exists,
                              Record& record);
  void attempt(const kirsch::SessionKey& key, Entry& entry);
  bool acquire(const kirsch::SessionKey& key, Entry& entry);
  bool grant(Entry& entry, const Record& record);
  void give_free(Entry& entry);
  void let_go(const kirsch::SessionKey& key, Entry& entry);
  void put_aside(const kirsch::SessionKey& key);
  void refuse_all(Entry& entry, kirsch::SessionStatus status);
  void knock(const kirsch::SessionKey& key, Entry& entry);
  void knocked(const kirsch::SessionKey& key);
  void give_up(const kirsch::SessionKey& key, bool runner);
  void watch_leases();
  void look_at_leases();
  void answer(kirsch::SessionAnswer&& answer, const kirsch::SessionResult& result);
  void answer(kirsch::SessionAnswer&& answer, kirsch::SessionStatus status);
  void show(kirsch::SessionAnswer&& answer, const Record& record, std::uint64_t lock);

  RecordFolder folder_;
  SharedLocks locks_;
  RecordSweep sweep_;
  const std::uint64_t limit_;  // of operations and of those that wait, together

  std::mutex mutex_;  // never held while the disk or an answer is
  std::unordered_map<kirsch::SessionKey, Entry, kirsch::SessionKeyHash> entries_;
  std::uint64_t queued_ = 0;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t locks_here_ = 0;
  bool watching_ = false;
  bool ended_ = false;
  enum class Round { none, step, between, over } round_ = Round::none;
  kirsch::SessionCounters counters_{};
};

}  // namespace session_file
