// Nobody is answered while a shard is held: answers are gathered, and given when it is free again.
#include "record_store.h"

#include <kirsch/tasks.h>

#include <algorithm>
#include <atomic>
#include <bit>

#include "answers.h"

namespace session_memory {
namespace {

using kirsch::SessionAnswer;
using kirsch::SessionKey;
using kirsch::SessionResult;
using kirsch::SessionStatus;

constexpr std::uint64_t largest = 1 << 20;  // bytes of a record, as the contract has it
constexpr int candidates = 64;              // locked records that are passed over for one that may go
constexpr std::uint64_t swept_at_once = 1024;

}  // namespace

std::uint32_t RecordStore::shards_for(Room room) {
  const auto wanted = std::min(room.records / 1024, room.bytes / (8 * largest));
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(wanted, 1, std::extent_v<decltype(Table::shards)>));
}

Room RecordStore::share() const {
  return {std::max<std::uint64_t>(room_.records / table_->shard_count, 1), room_.bytes / table_->shard_count};
}

// Null: there is no such record. One that has expired goes.
Record** RecordStore::find(Shard& shard, const SessionKey& key, Milliseconds at, Answers& answers) {
  Record** const place = shard.find(key);
  if (place == nullptr || !(*place)->expired(at)) return place;
  ++shard.expired;
  answers.disappoint(**place);
  shard.take(place);
  return nullptr;
}

void RecordStore::load(const SessionKey& key, SessionAnswer&& answer) {
  const auto at = now();
  Answers answers;
  {
    const Held shard(table_->shard(key));
    if (Record** const place = find(*shard, key, at, answers)) {
      return answers.shown.take(std::move(answer), **place, at, 0);
    }
  }
  answer(SessionStatus::absent);
}

std::uint64_t RecordStore::lock(const SessionKey& key, std::chrono::milliseconds lease, SessionAnswer&& answer) {
  const auto at = now();
  const auto lease_time = static_cast<Milliseconds>(lease.count());
  Milliseconds watch_in = 0;
  std::uint64_t ticket = 0;
  Answers answers;
  {
    const Held shard(table_->shard(key));
    Record** const place = find(*shard, key, at, answers);
    if (place == nullptr) {
      ticket = 0;
    } else if (Record& record = **place; record.lock == 0) {
      record.lock = table_->next_number();
      record.lease_end = at + lease_time;
      answers.shown.take(std::move(answer), record, at, record.lock);
      return 0;
    } else {
      ++shard->lock_waits;
      ticket = table_->next_number();
      auto* const waiter = new Waiter{std::move(answer), ticket, lease_time, nullptr};
      (record.first_waiter == nullptr ? record.first_waiter : record.last_waiter->next) = waiter;
      record.last_waiter = waiter;
      if (!record.locked(at)) {
        ++shard->lost_locks;
        give_on(record, at, answers);
      }
      if (record.first_waiter != nullptr && watched_->add(key))
        watch_in = std::max<Milliseconds>(record.lease_end - at, 1);
    }
  }
  if (watch_in != 0) watch(key, watch_in);
  if (ticket == 0) answer(SessionStatus::absent);
  return ticket;
}

// The lock is free or forfeited: the first that waits has it, if any.
void RecordStore::give_on(Record& record, Milliseconds at, Answers& answers) {
  record.lock = 0;
  if (record.first_waiter == nullptr) return;
  const std::unique_ptr<Waiter> waiter(std::exchange(record.first_waiter, record.first_waiter->next));
  if (record.first_waiter == nullptr) record.last_waiter = nullptr;
  record.lock = table_->next_number();
  record.lease_end = at + waiter->lease;
  answers.granted.take(std::move(waiter->answer), record, at, record.lock);
}

void RecordStore::release(Record& record, std::uint64_t lock, Milliseconds at, Answers& answers) {
  if (lock != 0 && record.lock == lock) give_on(record, at, answers);
}

// While somebody waits, one timer per record sees to it that a lease is no longer than it says.
void RecordStore::watch(const SessionKey& key, Milliseconds delay) const {
  kirsch::post(0, [store = *this, key, delay] {
    kirsch::after(0, std::chrono::milliseconds(delay), [store, key]() mutable { store.look_at_lease(key); });
  });
}

void RecordStore::look_at_lease(const SessionKey& key) {
  const auto at = now();
  Milliseconds watch_in = 0;
  Answers answers;
  {
    const Held shard(table_->shard(key));
    Record** const place = find(*shard, key, at, answers);
    Record* const record = place != nullptr ? *place : nullptr;
    if (record != nullptr && record->first_waiter != nullptr && !record->locked(at)) {
      ++shard->lost_locks;
      give_on(*record, at, answers);
    }
    if (record != nullptr && record->first_waiter != nullptr) {
      watch_in = std::max<Milliseconds>(record->lease_end - at, 1);
    } else {
      watched_->remove(key);  // before anybody else may wait for it
    }
  }
  if (watch_in != 0) watch(key, watch_in);
}

void RecordStore::cancel(const SessionKey& key, std::uint64_t ticket) {
  std::unique_ptr<Waiter> found;
  {
    const Held shard(table_->shard(key));
    Record** const place = shard->find(key);
    if (place == nullptr) return;
    Waiter* before = nullptr;
    for (Waiter** next = &(*place)->first_waiter; *next != nullptr; before = *next, next = &(*next)->next) {
      if ((*next)->ticket != ticket) continue;
      found.reset(*next);
      *next = found->next;
      if (found->next == nullptr) (*place)->last_waiter = before;
      break;
    }
  }
  if (found != nullptr) found->answer(SessionStatus::cancelled);
}

void RecordStore::store(const SessionKey& key, const kirsch::SessionWrite& write, SessionAnswer&& answer) {
  const auto at = now();
  SessionResult result{};
  result.size = sizeof result;
  Answers answers;
  {
    const Held shard(table_->shard(key));
    const auto status = put(*shard, key, write, at, answers);
    result.status = static_cast<std::uint32_t>(status);
    if (Record** const place = shard->find(key)) {
      if (status == SessionStatus::done) result.revision = (*place)->revision;
      if (write.unlock != 0) release(**place, write.lock, at, answers);
    }
  }
  answer(result);
}

SessionStatus RecordStore::put(Shard& shard, const SessionKey& key, const kirsch::SessionWrite& write, Milliseconds at,
                               Answers& answers) {
  const auto size = write.data.size;
  Record** place = find(shard, key, at, answers);
  Record* record = place != nullptr ? *place : nullptr;
  if (write.lock != 0) {
    if (record == nullptr) return SessionStatus::absent;
    if (record->lock != write.lock) return SessionStatus::lost;
  } else if (record == nullptr && write.revision != 0) {
    return SessionStatus::absent;
  } else if (record != nullptr && (record->revision != write.revision || record->locked(at))) {
    return SessionStatus::conflict;
  }
  if (size > largest || Shard::cost(size) > share().bytes) return SessionStatus::too_large;

  const Room more{record == nullptr ? 1U : 0U, record == nullptr     ? Shard::cost(size)
                                               : size > record->room ? size - record->room
                                                                     : 0};
  if (!make_room(shard, record, more, at, answers)) return SessionStatus::full;
  if (record == nullptr) {
    record = shard.add(key, size);
    record->created = at - std::min(write.age, at);
    ++shard.created;
  } else {
    record = shard.resize(shard.find(key), size);  // its place may have changed where others have gone
    shard.use(record);
  }
  if (size != 0) std::memcpy(record->bytes(), write.data.data, size);
  record->size = static_cast<std::uint32_t>(size);
  record->expires = at + write.left;
  record->revision = table_->next_number();
  return SessionStatus::done;
}

// From the oldest on, save those that somebody has locked. Two that have expired go in any case, so that a storage in
// use keeps few of them.
bool RecordStore::make_room(Shard& shard, const Record* kept, Room more, Milliseconds at, Answers& answers) const {
  const Room room = share();
  int passed_over = 0;
  int cleared = 0;
  Record* record = shard.oldest;
  while (record != nullptr && passed_over < candidates) {
    const bool fits = shard.records + more.records <= room.records && shard.bytes + more.bytes <= room.bytes;
    const bool stale = record->expired(at);
    if (fits && (!stale || cleared == 2)) return true;
    Record* const newer = record->newer;
    if (record == kept || record->locked(at)) {
      ++passed_over;
    } else {
      ++(stale ? shard.expired : shard.evicted);
      cleared += stale ? 1 : 0;
      answers.disappoint(*record);
      shard.take(shard.find(record->key));
    }
    record = newer;
  }
  return shard.records + more.records <= room.records && shard.bytes + more.bytes <= room.bytes;
}

void RecordStore::touch(const SessionKey& key, std::uint64_t lock, bool unlock, std::chrono::milliseconds left,
                        SessionAnswer&& answer) {
  const auto at = now();
  auto status = SessionStatus::absent;
  Answers answers;
  {
    const Held shard(table_->shard(key));
    if (Record** const place = find(*shard, key, at, answers)) {
      Record& record = **place;
      status = lock != 0 && record.lock != lock ? SessionStatus::lost : SessionStatus::done;
      if (status == SessionStatus::done) {
        record.expires = at + static_cast<Milliseconds>(left.count());
        shard->use(&record);
        if (unlock) release(record, lock, at, answers);
      }
    }
  }
  answer(status);
}

void RecordStore::remove(const SessionKey& key, std::uint64_t lock, SessionAnswer&& answer) {
  auto status = SessionStatus::done;
  Answers answers;
  {
    const Held shard(table_->shard(key));
    Record** const place = find(*shard, key, now(), answers);
    if (lock != 0 && (place == nullptr || (*place)->lock != lock)) {
      status = place == nullptr ? SessionStatus::absent : SessionStatus::lost;
    } else if (place != nullptr) {
      answers.disappoint(**place);
      shard->take(place);
    }
  }
  answer(status);
}

void RecordStore::unlock(const SessionKey& key, std::uint64_t lock, SessionAnswer&& answer) {
  Answers answers;
  {
    const Held shard(table_->shard(key));
    if (Record** const place = shard->find(key)) release(**place, lock, now(), answers);
  }
  answer(SessionStatus::done);
}

// Goes on where the last call ended, whoever made it. A lap through all shards is a round. Two at one time may do some
// of it twice.
bool RecordStore::sweep() {
  const auto at = now();
  std::atomic_ref swept(table_->swept);
  auto position = swept.load(std::memory_order_relaxed);
  auto index = static_cast<std::uint32_t>(position >> 32);
  std::uint64_t bucket = position & UINT32_MAX;
  for (std::uint64_t budget = swept_at_once; budget > 0 && index < table_->shard_count;) {
    Answers answers;
    const Held shard(table_->shards[index]);
    for (; budget > 0 && bucket < shard->bucket_count; ++bucket, --budget) {
      for (Record** place = &shard->buckets[bucket]; *place != nullptr;) {
        if (!(*place)->expired(at)) {
          place = &(*place)->next;
          continue;
        }
        ++shard->expired;
        answers.disappoint(**place);
        shard->take(place);
      }
    }
    if (bucket < shard->bucket_count) break;
    ++index;
    bucket = 0;
    budget -= std::min<std::uint64_t>(budget, 1);
  }
  const bool lap = index >= table_->shard_count;
  swept.store(lap ? 0 : std::uint64_t{index} << 32 | bucket, std::memory_order_relaxed);
  return !lap;
}

kirsch::SessionCounters RecordStore::counters() const {
  kirsch::SessionCounters sum{};
  sum.size = sizeof sum;
  sum.source = reinterpret_cast<std::uintptr_t>(table_);
  for (std::uint32_t index = 0; index < table_->shard_count; ++index) {
    const Held shard(table_->shards[index]);
    sum.records += shard->records;
    sum.bytes += shard->bytes;
    sum.created += shard->created;
    sum.expired += shard->expired;
    sum.evicted += shard->evicted;
    sum.lock_waits += shard->lock_waits;
    sum.lost_locks += shard->lost_locks;
  }
  return sum;
}

}  // namespace session_memory
