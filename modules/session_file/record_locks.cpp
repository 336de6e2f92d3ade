// The locks of records: who waits for one, in order, and how one comes from another process.
#include <kirsch/tasks.h>

#include <algorithm>

#include "record_queues.h"

namespace session_file {
namespace {

using kirsch::SessionAnswer;
using kirsch::SessionKey;
using kirsch::SessionStatus;
using namespace std::chrono_literals;

constexpr auto turn = 20ms;  // as long as a process may pass a lock on while another one waits for it
constexpr auto lease_round = 100ms;

}  // namespace

// Attempts to get a lock that another process has, on a loop's timer. If it is dropped, nobody waits any more.
class RecordQueues::Knock {
 public:
  Knock(std::shared_ptr<RecordQueues> queues, const SessionKey& key) : queues_(std::move(queues)), key_(key) {}
  Knock(Knock&&) noexcept = default;
  Knock& operator=(Knock&&) = delete;
  ~Knock() {
    if (queues_ != nullptr) queues_->give_up(key_, false);
  }
  void operator()() { std::exchange(queues_, nullptr)->knocked(key_); }

 private:
  std::shared_ptr<RecordQueues> queues_;
  SessionKey key_;
};

std::uint64_t RecordQueues::lock(const SessionKey& key, Delay lease, SessionAnswer&& given) {
  std::uint64_t ticket = 0;
  {
    const std::lock_guard guard(mutex_);
    if (queued_ >= limit_ || ended_) {
      ++counters_.unavailable;
      return 0;
    }
    Entry& entry = entries_[key];
    const bool behind = entry.lock != 0 || !entry.waiting.empty();
    ticket = ++last_ticket_;
    entry.waiting.push_back({std::move(given), ticket, lease, behind});
    ++queued_;
    if (behind) {
      ++counters_.lock_waits;
      return ticket;
    }
  }
  enqueue(key, {.kind = Kind::attempt});
  return ticket;
}

void RecordQueues::cancel(const SessionKey& key, std::uint64_t ticket) {
  SessionAnswer given;
  {
    const std::lock_guard guard(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    auto& waiting = found->second.waiting;
    const auto waiter = std::find_if(waiting.begin(), waiting.end(),
                                     [&](const Waiter& candidate) { return candidate.ticket == ticket; });
    if (waiter == waiting.end()) return;
    given = std::move(waiter->answer);
    waiting.erase(waiter);
    --queued_;
  }
  given(SessionStatus::cancelled);
}

// Somebody waits, or a lease is over, or a lock has been given back.
void RecordQueues::attempt(const SessionKey& key, Entry& entry) {
  const auto wanted_here = [&] {
    const std::lock_guard guard(mutex_);
    return !entry.waiting.empty();
  };
  if (entry.lock != 0) {
    if (entry.locked() || (!wanted_here() && !locks_.elsewhere(key, Part::next))) return;
    give_free(entry);
    const std::lock_guard guard(mutex_);
    ++counters_.lost_locks;
  }
  if (!wanted_here()) return let_go(key, entry);
  if (entry.owned && Clock::now() > entry.turn + turn && locks_.elsewhere(key, Part::next)) let_go(key, entry);
  if (!entry.owned && !acquire(key, entry)) return knock(key, entry);

  Record record;
  auto status = folder_.read(key, record);
  if (status == SessionStatus::corrupt) {
    const Changing changing(locks_, key);
    if (!changing) return knock(key, entry);
    status = folder_.read(key, record);
    if (status == SessionStatus::corrupt) put_aside(key);
  }
  if (status == SessionStatus::done) return grant(entry, record) ? void() : let_go(key, entry);
  refuse_all(entry, status);
  let_go(key, entry);
}

bool RecordQueues::acquire(const SessionKey& key, Entry& entry) {
  if (entry.marked ? !locks_.try_lock(key, Part::owner) : !locks_.try_lock_both(key)) {
    if (entry.marked) return false;
    const bool marked = locks_.try_lock(key, Part::next);
    const std::lock_guard guard(mutex_);
    entry.marked = marked;
    return false;
  }
  locks_.unlock(key, Part::next);
  const std::lock_guard guard(mutex_);
  entry.marked = false;
  entry.owned = true;
  entry.turn = Clock::now();
  entry.knocks = 0;
  return true;
}

// False: who waited has cancelled.
bool RecordQueues::grant(Entry& entry, const Record& record) {
  const auto number = fresh_number();
  SessionAnswer given;
  bool watch = false;
  {
    const std::lock_guard guard(mutex_);
    if (entry.waiting.empty()) return false;
    Waiter& first = entry.waiting.front();
    given = std::move(first.answer);
    entry.lease_end = Clock::now() + first.lease;
    entry.waiting.pop_front();
    --queued_;
    entry.lock = number;
    ++locks_here_;
    watch = !std::exchange(watching_, true);
  }
  if (watch) watch_leases();
  show(std::move(given), record, number);
  return true;
}

// The lock is nobody's here, but still ours.
void RecordQueues::give_free(Entry& entry) {
  const std::lock_guard guard(mutex_);
  entry.lock = 0;
  --locks_here_;
}

void RecordQueues::let_go(const SessionKey& key, Entry& entry) {
  if (entry.owned) locks_.unlock(key, Part::owner);
  if (entry.marked) locks_.unlock(key, Part::next);
  const std::lock_guard guard(mutex_);
  entry.owned = false;
  entry.marked = false;
}

void RecordQueues::refuse_all(Entry& entry, SessionStatus status) {
  std::deque<Waiter> waiting;
  {
    const std::lock_guard guard(mutex_);
    waiting.swap(entry.waiting);
    queued_ -= waiting.size();
  }
  for (auto& waiter : waiting) {
    answer(std::move(waiter.answer), status);
    if (status == SessionStatus::corrupt) status = SessionStatus::absent;  // for those behind it has gone
  }
}

void RecordQueues::knock(const SessionKey& key, Entry& entry) {
  int knocks = 0;
  {
    const std::lock_guard guard(mutex_);
    if (!entry.waiting.empty() && !std::exchange(entry.waiting.front().counted, true)) ++counters_.lock_waits;
    if (std::exchange(entry.knocking, true)) return;
    knocks = entry.knocks++;
  }
  const Delay delay((1 << std::min(knocks, 3)) + static_cast<int>(fresh_number() % 3));
  kirsch::post(0, [knock = Knock(shared_from_this(), key), delay]() mutable {
    kirsch::after(0, delay, [knock = std::move(knock)]() mutable { knock(); });
  });
}

void RecordQueues::knocked(const SessionKey& key) {
  {
    const std::lock_guard guard(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    found->second.knocking = false;
  }
  enqueue(key, {.kind = Kind::attempt});
}

// As long as somebody here has a lock: its lease may be over when somebody wants it, here or elsewhere.
void RecordQueues::watch_leases() {
  kirsch::post(0, [self = shared_from_this()] { self->look_at_leases(); });
}

void RecordQueues::look_at_leases() {
  std::vector<SessionKey> over;
  {
    const std::lock_guard guard(mutex_);
    if (locks_here_ == 0 || ended_) {
      watching_ = false;
      return;
    }
    for (const auto& [key, entry] : entries_) {
      if (entry.lock != 0 && !entry.locked() && entry.operations.empty()) over.push_back(key);
    }
  }
  for (const auto& key : over) enqueue(key, {.kind = Kind::attempt});
  kirsch::after(0, lease_round, [self = shared_from_this()] { self->look_at_leases(); });
}

}  // namespace session_file
