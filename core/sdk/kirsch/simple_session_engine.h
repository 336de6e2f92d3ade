// What kirsch/simple_session_storage.h does around a backend; authors need to know that header alone.
#pragma once

#include <kirsch/simple_session_queues.h>

namespace kirsch::detail {

// Lives as long as its tasks and timers. The public functions are those of SessionStorage.
class SimpleSessionEngine : public SimpleSessionQueues {
  using Status = SessionStatus;

 public:
  using SimpleSessionQueues::SimpleSessionQueues;

  void load(const SessionKey& key, SessionAnswer&& answer) {
    add({key, std::move(answer), 0, [this](Job& job, Lock& lock, SimpleRecord& record) {
           const auto status = find(job.key, lock, record);
           return status == Status::done ? shown(record, 0) : only(status);
         }});
  }

  std::uint64_t lock(const SessionKey& key, Milliseconds lease, SessionAnswer&& answer) {
    const auto ticket = ++last_number_;
    add({key, std::move(answer), 0,
         [this, lease](Job& job, Lock& lock, SimpleRecord&) {
           if (lock.held() || !lock.waiting.empty()) count(&SessionCounters::lock_waits);
           lock.waiting.push_back({job.ticket, std::min<Milliseconds>(lease, longest), std::move(job.answer)});
           return only(Status::done);
         },
         ticket});
    return ticket;
  }

  // At once where the call for the lock is still queued, so a backend that hangs keeps nobody who will not wait.
  void cancel(const SessionKey& key, std::uint64_t ticket) {
    if (auto withdrawn = withdraw(key, ticket)) return answer(std::move(withdrawn), only(Status::cancelled));
    add({key, {}, 0, [ticket](Job& job, Lock& lock, SimpleRecord&) {
           const auto waiter = std::ranges::find(lock.waiting, ticket, &Waiter::ticket);
           if (waiter == lock.waiting.end()) return only(Status::done);
           job.answer = std::move(waiter->answer);
           lock.waiting.erase(waiter);
           return only(Status::cancelled);
         }});
  }

  void store(const SessionKey& key, const SessionWrite& write, SessionAnswer&& answer) {
    add({key, std::move(answer), write.unlock != 0 ? write.lock : 0,
         [this, write = SessionWrite(write), data = std::string(view(write.data).substr(0, largest + 1))](
             Job& job, Lock& lock, SimpleRecord& record) {
           if (data.size() > largest) return only(Status::too_large);
           const bool exists = find(job.key, lock, record) == Status::done;
           if (!exists && (write.lock != 0 || write.revision != 0)) return only(Status::absent);
           if (write.lock != 0 && write.lock != lock.number) return only(Status::lost);
           if (write.lock == 0 && exists && (write.revision != record.revision || lock.held()))
             return only(Status::conflict);
           if (!exists) record.created = now() - std::min(write.age, now());
           record.revision = ++last_number_;
           record.data = data;
           const auto status = put(job.key, record, write.left);
           if (status != Status::done) return only(status);
           if (!exists) count(&SessionCounters::created);
           if (write.lock == 0) lock.number = 0;  // whoever had it until its lease ran out must not undo this
           return only(status, record.revision);
         }});
  }

  void touch(const SessionKey& key, std::uint64_t number, bool unlock, Milliseconds left, SessionAnswer&& answer) {
    add({key, std::move(answer), unlock ? number : 0,
         [this, number, left = static_cast<std::uint64_t>(left.count())](Job& job, Lock& lock, SimpleRecord& record) {
           if (find(job.key, lock, record) != Status::done) return only(Status::absent);
           if (number != 0 && number != lock.number) return only(Status::lost);
           const auto status = put(job.key, record, left);
           return only(status == Status::done ? status : Status::unavailable);
         }});
  }

  void remove(const SessionKey& key, std::uint64_t number, SessionAnswer&& answer) {
    add({key, std::move(answer), 0, [this, number](Job& job, Lock& lock, SimpleRecord& record) {
           if (number != 0 && number != lock.number)
             return only(find(job.key, lock, record) == Status::done ? Status::lost : Status::absent);
           erase(job.key);
           return gone(job.key, lock, Status::absent), only(Status::done);
         }});
  }

  void unlock(const SessionKey& key, std::uint64_t number, SessionAnswer&& answer) {
    add({key, std::move(answer), number, [](Job&, Lock&, SimpleRecord&) { return only(Status::done); }});
  }

  bool sweep() {
    std::vector<SessionKey> expired;
    const auto step = std::make_shared<bool>();  // until the last of them is swept
    bool more = false;
    {
      const std::lock_guard guard(mutex_);
      if (!sweep_.expired()) return true;
      const auto at = now();
      const auto end = std::min(bucket_ + 1024, expiries_.bucket_count());  // takes some hundred microseconds
      for (; bucket_ < end && expired.size() < 32; ++bucket_) {
        for (auto entry = expiries_.begin(bucket_); entry != expiries_.end(bucket_); ++entry)
          if (entry->second <= at) expired.push_back(entry->first);
      }
      more = bucket_ < expiries_.bucket_count();
      if (!more) bucket_ = 0;
      sweep_ = step;
    }
    for (const auto& key : expired)
      add({key, {}, 0, [this, step](Job& job, Lock& lock, SimpleRecord& record) {
             return only(find(job.key, lock, record));
           }});
    return more;
  }

  SessionCounters counters() {
    const std::lock_guard guard(mutex_);
    auto counters = counters_;
    counters.size = sizeof counters;
    counters.records = expiries_.size();
    counters.bytes = counters.evicted = UINT64_MAX;  // the backend knows
    return counters;
  }

 private:
  // The backend. They throw what it throws, which is then told to `failed`, in the handler.
  virtual Status read(const SessionKey& key, SimpleRecord& record) = 0;  // done, absent, corrupt
  virtual Status write(const SessionKey& key, const SimpleRecord& record, Milliseconds left) = 0;  // done, full …
  virtual void erase(const SessionKey& key) = 0;
  virtual void failed() noexcept = 0;

  static constexpr std::size_t largest = 1 << 20;  // bytes, as the contract has it
  static constexpr Milliseconds longest = std::chrono::hours(24 * 365 * 100);

  // ---- A turn

  void perform(Job& job, Queue& queue, bool lost) final {
    Lock& lock = queue.locks[job.key];
    SimpleRecord record;
    answer(std::move(job.answer),
           lost ? only(Status::unavailable) : attempt([&] { return job.work(job, lock, record); }));
    if (lock.number == job.unlock) lock.number = 0;
    if (lost) {
      lock.watched = Clock::time_point::max();
      disappoint(lock, Status::unavailable);
    }
    if (!lock.waiting.empty() && !lock.held()) grant(job.key, lock);
    if (!lock.waiting.empty()) return watch(job.key, lock);
    const bool watched = lock.watched != Clock::time_point::max();  // then the timer's job comes, one for each key
    if (lock.number == 0 && !watched) queue.locks.erase(job.key);
  }

  template <class Work>
  SessionResult attempt(Work work) {
    try {
      return work();
    } catch (...) {
      failed();
      return only(Status::unavailable);
    }
  }

  void grant(const SessionKey& key, Lock& lock) {
    SimpleRecord record;
    const auto result = attempt([&] { return only(find(key, lock, record)); });
    if (result.status == static_cast<std::uint32_t>(Status::unavailable)) disappoint(lock, Status::unavailable);
    if (lock.waiting.empty()) return;
    if (lock.number != 0) count(&SessionCounters::lost_locks);
    lock.number = ++last_number_;
    lock.lease_end = Clock::now() + lock.waiting.front().lease;
    auto given = std::move(lock.waiting.front().answer);
    lock.waiting.pop_front();
    answer(std::move(given), shown(record, lock.number));
  }

  // While somebody waits, a timer sees to it that a lease is no longer than it says. Where it is lost nobody would.
  void watch(const SessionKey& key, Lock& lock) {
    if (lock.lease_end >= lock.watched) return;
    lock.watched = lock.lease_end;
    const auto delay = std::max(std::chrono::ceil<Milliseconds>(lock.lease_end - Clock::now()), Milliseconds(1));
    const std::shared_ptr<bool> timer(new bool(false), [this, weak = weak_from_this(), key](const bool* fired) {
      if (const auto alive = weak.lock()) look(key, *fired);
      delete fired;
    });
    post(0, [timer, delay] { after(0, delay, [timer] { *timer = true; }); });
  }

  void look(const SessionKey& key, bool in_time) noexcept {
    try {
      add({key, {}, 0, [this, in_time](Job&, Lock& lock, SimpleRecord&) {
             lock.watched = Clock::time_point::max();
             if (!in_time) disappoint(lock, Status::unavailable);
             return only(Status::done);
           }});
    } catch (const std::bad_alloc&) {  // who waits gives up by himself
    }
  }

  // Done, or absent or corrupt: then there is nothing any more.
  Status find(const SessionKey& key, Lock& lock, SimpleRecord& record) {
    auto status = read(key, record);
    const bool expired = status == Status::done && record.expires <= now();
    if (status == Status::done && !expired) return expect(key, record.expires), status;
    if (status != Status::absent) erase(key);
    if (status != Status::absent) count(expired ? &SessionCounters::expired : &SessionCounters::corrupt);
    if (expired) status = Status::absent;
    return gone(key, lock, status), status;
  }
  Status put(const SessionKey& key, SimpleRecord& record, std::uint64_t left) {
    left = std::min(left, static_cast<std::uint64_t>(longest.count()));
    record.expires = now() + left;
    const auto status = write(key, record, Milliseconds(left));
    if (status == Status::done) expect(key, record.expires);
    return status;
  }
  void gone(const SessionKey& key, Lock& lock, Status status) {
    expect(key, 0);
    lock.number = 0;
    disappoint(lock, status);
  }
  void disappoint(Lock& lock, Status status) {
    for (auto& waiter : std::exchange(lock.waiting, {})) answer(std::move(waiter.answer), only(status));
  }

  // ---- Answers and what is known without the backend

  static SessionResult only(Status status, std::uint64_t revision = 0) {
    return {sizeof(SessionResult), static_cast<std::uint32_t>(status), {}, revision, 0, 0, 0};
  }
  static SessionResult shown(const SimpleRecord& record, std::uint64_t lock) {
    const auto at = now();
    auto result = only(Status::done, record.revision);
    result.data = text(record.data);
    result.lock = lock;
    result.age = at - std::min(record.created, at);
    result.left = std::max(record.expires, at + 1) - at;
    return result;
  }
  void answer(SessionAnswer&& given, const SessionResult& result) {
    const bool lost = given && result.status == static_cast<std::uint32_t>(Status::unavailable);
    if (lost) count(&SessionCounters::unavailable);
    given(result);
  }
  void count(std::uint64_t SessionCounters::*counter) {
    const std::lock_guard guard(mutex_);
    ++(counters_.*counter);
  }
  void expect(const SessionKey& key, std::uint64_t expiry) {  // 0: there is none
    const std::lock_guard guard(mutex_);
    expiry != 0 ? static_cast<void>(expiries_[key] = expiry) : static_cast<void>(expiries_.erase(key));
  }
  static std::uint64_t now() {
    return static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch() / Milliseconds(1));
  }

  std::unordered_map<SessionKey, std::uint64_t, SessionKeyHash> expiries_;  // of the records that were seen
  std::size_t bucket_ = 0;                                                  // of these, where the sweep goes on
  std::weak_ptr<bool> sweep_;
  SessionCounters counters_{};
  // Of locks, waiters and revisions. A process never has those of one before it, which took less than one in a
  // nanosecond.
  std::atomic<std::uint64_t> last_number_ =
      static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
};

}  // namespace kirsch::detail
