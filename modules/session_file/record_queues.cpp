// Nobody is answered, and no file is touched, while the mutex is held.
#include "record_queues.h"

#include <kirsch/log.h>
#include <kirsch/tasks.h>

#include <algorithm>

namespace session_file {
namespace {

using kirsch::SessionAnswer;
using kirsch::SessionKey;
using kirsch::SessionResult;
using kirsch::SessionStatus;
using namespace std::chrono_literals;

constexpr int at_once = 64;                        // operations on one record before its worker does something else
constexpr auto again = 2ms;                        // another process replaces the file: that is over soon
constexpr auto patience = 200ms;                   // unless that process has been stopped
constexpr Milliseconds longest_left = 1ULL << 53;  // beyond any calendar

}  // namespace

// Runs what is queued for a record, on a worker. If it is dropped, so is what is queued.
class RecordQueues::Errand {
 public:
  Errand(std::shared_ptr<RecordQueues> queues, const SessionKey& key) : queues_(std::move(queues)), key_(key) {}
  Errand(Errand&&) noexcept = default;
  Errand& operator=(Errand&&) = delete;
  ~Errand() {
    if (queues_ != nullptr) queues_->give_up(key_, true);
  }
  void operator()() {
    auto* const queues = queues_.get();
    queues->run(key_, std::move(*this));
  }
  void done() { queues_.reset(); }

 private:
  std::shared_ptr<RecordQueues> queues_;
  SessionKey key_;
};

void RecordQueues::load(const SessionKey& key, SessionAnswer&& given) {
  kirsch::submit([self = shared_from_this(), key, given = std::move(given)]() mutable {
    Record record;
    const auto status = self->folder_.read(key, record);
    if (status == SessionStatus::done) return self->show(std::move(given), record, 0);
    if (status != SessionStatus::corrupt) return self->answer(std::move(given), status);
    self->enqueue(key, {.kind = Kind::inspect, .answer = std::move(given)});
  });
}

void RecordQueues::store(const SessionKey& key, const kirsch::SessionWrite& write, SessionAnswer&& given) {
  const bool too_large = write.data.size > largest;
  enqueue(key, {.kind = Kind::store,
                .answer = std::move(given),
                .data = std::string(too_large ? std::string_view() : kirsch::view(write.data)),
                .lock = write.lock,
                .revision = write.revision,
                .age = write.age,
                .left = write.left,
                .unlock = write.unlock != 0,
                .too_large = too_large});
}

void RecordQueues::touch(const SessionKey& key, std::uint64_t lock, bool unlock, Delay left, SessionAnswer&& given) {
  enqueue(key, {.kind = Kind::touch,
                .answer = std::move(given),
                .lock = lock,
                .left = static_cast<std::uint64_t>(left.count()),
                .unlock = unlock});
}

void RecordQueues::remove(const SessionKey& key, std::uint64_t lock, SessionAnswer&& given) {
  enqueue(key, {.kind = Kind::remove, .answer = std::move(given), .lock = lock});
}

void RecordQueues::unlock(const SessionKey& key, std::uint64_t lock, SessionAnswer&& given) {
  enqueue(key, {.kind = Kind::unlock, .answer = std::move(given), .lock = lock});
}

void RecordQueues::enqueue(const SessionKey& key, Operation&& operation, bool here) {
  SessionAnswer refused;
  {
    const std::lock_guard guard(mutex_);
    // Attempts and locks that are given back make the queues shorter.
    const bool shortens = operation.kind == Kind::attempt || operation.kind == Kind::unlock;
    if (ended_ || (queued_ >= limit_ && !shortens)) {
      ++counters_.unavailable;
      if (ended_ || !operation.unlock) return;
      refused = std::move(operation.answer);
      operation = {.kind = Kind::unlock, .lock = operation.lock};
    }
    Entry& entry = entries_[key];
    entry.operations.push_back(std::move(operation));
    ++queued_;
    if (std::exchange(entry.running, true)) return;
  }
  Errand errand(shared_from_this(), key);
  if (here) return errand();
  kirsch::submit(std::move(errand));
}

void RecordQueues::run(const SessionKey& key, Errand&& errand) {
  const auto self = shared_from_this();  // the errand may be the last to keep it, and ends under the mutex
  Errand rest = std::move(errand);
  for (int count = 0; count < at_once; ++count) {
    Operation operation;
    Entry* entry = nullptr;
    {
      const std::lock_guard guard(mutex_);
      const auto found = entries_.find(key);
      entry = &found->second;
      if (entry->operations.empty()) {
        entry->running = false;
        if (entry->idle()) entries_.erase(found);
        rest.done();
        return;
      }
      operation = std::move(entry->operations.front());
      entry->operations.pop_front();
      --queued_;
    }
    bool performed = true;
    try {
      performed = perform(key, *entry, operation);
    } catch (const std::exception& failure) {
      kirsch::log(kirsch::Level::error, folder_.path(), ": ", std::string_view(failure.what()));
      refuse_all(*entry, SessionStatus::unavailable);
      if (operation.gives_back(entry->lock)) {
        give_free(*entry);
        let_go(key, *entry);
      }
    }
    if (performed) continue;
    {
      const std::lock_guard guard(mutex_);
      entry->operations.push_front(std::move(operation));
      ++queued_;
    }
    kirsch::post(0, [rest = std::move(rest)]() mutable {
      kirsch::after(0, again, [rest = std::move(rest)]() mutable { kirsch::submit(std::move(rest)); });
    });
    return;
  }
  kirsch::submit(std::move(rest));
}

bool RecordQueues::perform(const SessionKey& key, Entry& entry, Operation& operation) {
  if (operation.kind == Kind::attempt) return attempt(key, entry), true;
  if (operation.kind == Kind::unlock) {
    answer(std::move(operation.answer), SessionStatus::done);
    if (entry.lock == 0 || entry.lock != operation.lock) return true;
    give_free(entry);
    return attempt(key, entry), true;
  }
  const Changing changing(locks_, key);
  if (!changing) {
    if (Clock::now() < operation.begun + patience) return false;
    answer(std::move(operation.answer), SessionStatus::unavailable);
    if (!operation.unlock) return true;
    operation = {.kind = Kind::unlock, .lock = operation.lock};
    return perform(key, entry, operation);
  }
  change(key, entry, operation);
  return true;
}

// With Part::change.
void RecordQueues::change(const SessionKey& key, Entry& entry, Operation& operation) {
  if (operation.kind == Kind::tidy) {
    const auto found = folder_.tidy(key);
    if (found == SessionStatus::corrupt) return put_aside(key);
    if (found != SessionStatus::absent) return;
    const std::lock_guard guard(mutex_);
    ++counters_.expired;
    return;
  }
  const bool mine = operation.lock != 0 && entry.lock == operation.lock;
  Record record;
  auto status = folder_.read(key, record);
  if (status == SessionStatus::corrupt) {
    put_aside(key);
    if (operation.kind != Kind::inspect) status = SessionStatus::absent;
  }
  SessionResult result{};
  result.size = sizeof result;
  bool gone = false;
  if (operation.kind == Kind::remove) {
    if (status == SessionStatus::done && operation.lock != 0 && !mine) {
      status = SessionStatus::lost;
    } else if (status != SessionStatus::unavailable) {
      const bool had_gone = status == SessionStatus::absent && operation.lock != 0;
      status = folder_.remove(key);
      gone = status == SessionStatus::done;
      if (gone && had_gone) status = SessionStatus::absent;
    }
  } else if (operation.kind == Kind::store) {
    if (status != SessionStatus::unavailable)
      status = store(key, entry, operation, status == SessionStatus::done, record);
    if (status == SessionStatus::done) result.revision = record.revision;
  } else if (operation.kind == Kind::touch && status == SessionStatus::done) {
    record.expires = now() + std::min(operation.left, longest_left);
    status = operation.lock != 0 && !mine ? SessionStatus::lost : folder_.write(key, record);
    if (status == SessionStatus::full) status = SessionStatus::unavailable;
  } else if (operation.kind == Kind::inspect && status == SessionStatus::done) {
    return show(std::move(operation.answer), record, 0);
  }
  result.status = static_cast<std::uint32_t>(status);
  answer(std::move(operation.answer), result);

  if (gone) refuse_all(entry, SessionStatus::absent);
  if ((gone && entry.lock != 0) || (mine && operation.unlock)) {
    give_free(entry);
    attempt(key, entry);
  }
}

SessionStatus RecordQueues::store(const SessionKey& key, Entry& entry, Operation& operation, bool exists,
                                  Record& record) {
  if (operation.too_large) return SessionStatus::too_large;
  if (operation.lock != 0) {
    if (!exists) return SessionStatus::absent;
    if (entry.lock != operation.lock) return SessionStatus::lost;
  } else if (!exists && operation.revision != 0) {
    return SessionStatus::absent;
  } else if (exists && (record.revision != operation.revision || entry.locked())) {
    return SessionStatus::conflict;
  } else if (!entry.owned && locks_.elsewhere(key, Part::owner)) {
    return SessionStatus::conflict;
  }
  const auto at = now();
  if (!exists) record.created = at - std::min(operation.age, at);
  record.expires = at + std::min(operation.left, longest_left);
  record.revision = fresh_number();
  record.data = std::move(operation.data);
  const auto status = folder_.write(key, record);
  if (status != SessionStatus::done) return status;
  // Whoever had the lock before its lease ran out must not undo this.
  if (operation.lock == 0 && entry.lock != 0) give_free(entry);
  if (!exists) {
    const std::lock_guard guard(mutex_);
    ++counters_.created;
  }
  return status;
}

// No worker or no loop is left for this record.
void RecordQueues::give_up(const SessionKey& key, bool runner) {
  std::deque<Operation> operations;  // dropped when the mutex is free
  std::deque<Waiter> waiting;
  const std::lock_guard guard(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  operations.swap(entry.operations);
  waiting.swap(entry.waiting);
  queued_ -= operations.size() + waiting.size();
  counters_.unavailable += operations.size() + waiting.size();
  (runner ? entry.running : entry.knocking) = false;
  const bool given_back =
      std::any_of(operations.begin(), operations.end(), [&](const auto& one) { return one.gives_back(entry.lock); });
  if (given_back) {
    entry.lock = 0;
    --locks_here_;
  }
  if (entry.running || entry.lock != 0) return;
  if (entry.owned) locks_.unlock(key, Part::owner);
  if (entry.marked) locks_.unlock(key, Part::next);
  entry.owned = entry.marked = false;
  if (entry.idle()) entries_.erase(found);
}

void RecordQueues::put_aside(const SessionKey& key) {
  folder_.put_corrupt_aside(key);
  const std::lock_guard guard(mutex_);
  ++counters_.corrupt;
}

void RecordQueues::show(SessionAnswer&& given, const Record& record, std::uint64_t lock) {
  const auto at = now();
  given({sizeof(SessionResult), static_cast<std::uint32_t>(SessionStatus::done), kirsch::text(record.data),
         record.revision, lock, at - std::min(record.created, at), record.expires > at ? record.expires - at : 1});
}

void RecordQueues::answer(SessionAnswer&& given, const SessionResult& result) {
  if (result.status == static_cast<std::uint32_t>(SessionStatus::unavailable)) {
    const std::lock_guard guard(mutex_);
    ++counters_.unavailable;
  }
  given(result);
}

void RecordQueues::answer(SessionAnswer&& given, SessionStatus status) {
  SessionResult result{};
  result.size = sizeof result;
  result.status = static_cast<std::uint32_t>(status);
  answer(std::move(given), result);
}

bool RecordQueues::sweep() {
  {
    const std::lock_guard guard(mutex_);
    if (round_ == Round::step) return true;
    if (std::exchange(round_, Round::step) == Round::over || ended_) return round_ = Round::none, false;
  }
  const bool begun = kirsch::submit([self = shared_from_this()] {
    std::vector<SessionKey> untidy;
    const bool more = self->sweep_.step(untidy);
    for (const auto& key : untidy) self->enqueue(key, {.kind = Kind::tidy}, true);
    const std::lock_guard guard(self->mutex_);
    self->round_ = more ? Round::between : Round::over;
  });
  if (begun) return true;
  const std::lock_guard guard(mutex_);
  round_ = Round::none;
  return false;
}

kirsch::SessionCounters RecordQueues::counters() {
  const std::lock_guard guard(mutex_);
  auto counters = counters_;
  counters.size = sizeof counters;
  counters.records = counters.bytes = UINT64_MAX;  // other processes store and remove, too
  return counters;
}

void RecordQueues::end() {
  const std::lock_guard guard(mutex_);
  ended_ = true;
}

}  // namespace session_file
