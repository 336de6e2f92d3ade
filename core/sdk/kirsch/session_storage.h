// Where sessions are kept: the service that a storage module implements and the tool `sessions` uses. YAML chooses it
// by name: `sessions: { storage: { memory: {} } }`. The struct of functions is C; below it stands how a class becomes
// one.
//
// A record is bytes under a key. A storage knows nothing of ids, cookies or what the bytes mean.
//
// Threads   Every function may be called on any thread, also on a loop: it returns within microseconds. What waits (a
//           disk, a network) waits on workers or on timers, never inside of a call, and no worker waits for a lock.
// Answers   Each call that takes a SessionDone answers exactly once, on any thread, perhaps before the call has
//           returned; also when no worker or loop is left (`unavailable`). What it answers with is valid during that
//           answer alone. It may call the storage again, so a storage holds nothing of its own while it answers. The
//           answer never throws and never blocks.
// Memory    What a call is given (key, bytes) is valid until the call returns: keep a copy.
// Order     Who has a call under way for a key makes no further one for that key before its answer, save `cancel`.
//           Different callers call for one key at once; a call that begins after an answer sees what it answered for,
//           in every process that shares the storage.
// Life      A caller that goes has heard the answers to all of its calls, save those that it did not want to hear, and
//           waits until none of them is `under_way`, since its code may go, too. So when an instance is destroyed
//           nobody waits for it, but tasks and timers of its own may be under way. Calls may come after the loops have
//           ended.
// Reloads   The instance lives on where module and options are the same. What is to survive more goes to
//           kirsch/storage.h, a disk or another process.
#pragma once

#include <kirsch/service.h>

#include <atomic>

namespace kirsch {

// SHA-256 of what the client holds, never that itself: it may be shown, be part of a file's name, and be compared at
// any speed. Evenly distributed, so any eight bytes of it are a hash.
struct SessionKey {
  std::uint8_t bytes[32];
  friend bool operator==(const SessionKey& left, const SessionKey& right) {
    return std::memcmp(left.bytes, right.bytes, sizeof left.bytes) == 0;
  }
};

// For containers of the standard library.
struct SessionKeyHash {
  std::size_t operator()(const SessionKey& key) const {
    std::size_t hash = 0;
    std::memcpy(&hash, key.bytes + 8, sizeof hash);
    return hash;
  }
};

// What an operation came to. More may be added; an unknown one is a failure.
enum class SessionStatus : std::uint32_t {
  done = 0,
  absent = 1,       // there is no such record, or it has expired
  unavailable = 2,  // the storage cannot be reached or refuses: nobody knows whether a change was made
  corrupt = 3,      // the record cannot be read. It was put aside: the next call finds none
  too_large = 4,    // more bytes than this storage takes; nothing was changed
  conflict = 5,     // a store without a lock: the record is of another revision, exists already, or is locked
  lost = 6,         // the lock is not the caller's any more, its lease has run out; nothing was changed
  cancelled = 7,    // by `cancel`, before the lock was had
  full = 8,         // there is room for no more records and none may go; nothing was changed
};

struct SessionResult {
  std::uint32_t size;      // of this struct
  std::uint32_t status;    // a SessionStatus; the rest is zero unless it is `done`
  kirsch_text data;        // load and lock: the record
  std::uint64_t revision;  // load, lock and store: of the record now; never 0, and another one after each store
  std::uint64_t lock;      // lock: names it; never 0, and none is ever given twice by one storage
  std::uint64_t age;       // load and lock: milliseconds since the record began
  std::uint64_t left;      // load and lock: milliseconds until it expires, at least 1
};

struct SessionDone {
  void (*call)(void* context, const SessionResult*);  // null: the caller does not want to know
  void* context;
  // Null, or less by one, atomically and with release order, once `call` has returned: only the storage knows when no
  // code of the caller runs for this answer any more.
  std::uint32_t* under_way = nullptr;
};

// A record to be stored, whole or not at all: whoever reads sees the old bytes or the new ones.
struct SessionWrite {
  std::uint32_t size;      // of this struct
  std::uint32_t unlock;    // 1: the lock is given back with it, whatever the answer
  kirsch_text data;        // at most 1 MiB, which each storage takes unless it is told to take less
  std::uint64_t lock;      // whose it is; 0: none, then `revision` decides
  std::uint64_t revision;  // the record must be of this one; 0: it must not exist. Of no meaning with a lock
  std::uint64_t age;       // milliseconds; of a record that does not exist yet: how old it is to be from the start
  std::uint64_t left;      // milliseconds from now until it expires unless it is stored or touched again
};

// Since the instance began, save the first two. UINT64_MAX: this storage cannot tell.
struct SessionCounters {
  std::uint32_t size;         // of this struct; the storage fills what fits
  std::uint64_t records;      // there are now
  std::uint64_t bytes;        // they take now, with all that is kept about them
  std::uint64_t created;      // records that did not exist
  std::uint64_t expired;      // found too old, by anyone
  std::uint64_t evicted;      // given up for others while they were still good
  std::uint64_t lock_waits;   // locks that were not free at once
  std::uint64_t lost_locks;   // leases that ran out while somebody else waited
  std::uint64_t unavailable;  // answers of that kind
  std::uint64_t corrupt;      // records put aside
  std::uint64_t source;       // storages of one number count the same records; 0: this one alone counts its own
};

struct SessionStorage {
  static constexpr std::string_view id = "kirsch/session-storage/1";
  std::uint32_t size;

  // The record as it stands, whether it is locked or not. done, absent, unavailable, corrupt.
  void (*load)(void* self, const SessionKey*, SessionDone);

  // Waits for the lock of a record, has it, and answers with the record as it stands then. A record has one lock, and
  // those that wait get it in the order in which they asked; between processes the order is as good as the storage can
  // do. A record that does not exist, or goes while one waits, has none: absent. How long to wait is the caller's
  // business (`cancel`). The lock lasts until it is given back, the record is removed, or `lease` milliseconds have
  // passed and somebody else wants it. Of a process that has ended nothing is left after the lease at the latest.
  // done, absent, unavailable, corrupt, cancelled. Returns a number for `cancel`, never one twice; 0: answered already.
  std::uint64_t (*lock)(void* self, const SessionKey*, std::uint64_t lease, SessionDone);

  // Ends the waiting that `lock` gave the number of: it answers `cancelled`, perhaps before this returns. Where it has
  // answered already, or is about to on another thread, nothing happens: who hears then that the lock is his gives it
  // back.
  void (*cancel)(void* self, const SessionKey*, std::uint64_t ticket);

  // done, absent (under a lock: the record has gone), unavailable, too_large, conflict, lost, full.
  void (*store)(void* self, const SessionKey*, const SessionWrite*, SessionDone);

  // Lets the record live for another `left` milliseconds. With a lock it must be the caller's (lost); 0: without one.
  // `unlock` 1: gives that back with it. done, absent, unavailable, lost.
  void (*touch)(void* self, const SessionKey*, std::uint64_t lock, std::uint32_t unlock, std::uint64_t left,
                SessionDone);

  // The record is gone, as is its lock; those that wait for it hear `absent`. 0: whoever has the lock, who then hears
  // `lost` or `absent`. done (without a lock also where there was none), absent (under a lock: it had gone before),
  // unavailable, lost.
  void (*remove)(void* self, const SessionKey*, std::uint64_t lock, SessionDone);

  // Gives a lock back. done (also where its lease had run out), unavailable: it goes with its lease.
  void (*unlock)(void* self, const SessionKey*, std::uint64_t lock, SessionDone);

  // Takes away some records that have expired: for at most some hundred microseconds here, or begins to on a worker.
  // 1: there is more, call again soon; 0: in the next round. May be null, where nobody has to.
  std::uint32_t (*sweep)(void* self);

  void (*counters)(void* self, SessionCounters*);
};

// ---- For authors of a storage

// An answer that is owed. Moved along with the work; if that is dropped, by a queue that is full or a server that
// stops, it answers `unavailable` by itself.
class SessionAnswer {
 public:
  SessionAnswer() = default;
  explicit SessionAnswer(SessionDone done) : done_(done) {}
  SessionAnswer(SessionAnswer&& other) noexcept : done_(std::exchange(other.done_, {})) {}
  SessionAnswer& operator=(SessionAnswer&& other) noexcept {
    std::swap(done_, other.done_);
    return *this;
  }
  ~SessionAnswer() {
    if (*this) (*this)(SessionStatus::unavailable);
  }

  explicit operator bool() const { return done_.call != nullptr || done_.under_way != nullptr; }  // it is owed

  void operator()(const SessionResult& result) noexcept {
    const auto done = std::exchange(done_, {});
    if (done.call != nullptr) done.call(done.context, &result);
    if (done.under_way != nullptr) std::atomic_ref(*done.under_way).fetch_sub(1, std::memory_order_release);
  }
  void operator()(SessionStatus status) noexcept {
    SessionResult result{};
    result.size = sizeof result;
    result.status = static_cast<std::uint32_t>(status);
    (*this)(result);
  }

 private:
  SessionDone done_{};
};

namespace detail {
template <class Type>
auto& records_of(Type& type) {
  if constexpr (requires { *type.records; }) {
    return *type.records;
  } else {
    return type;
  }
}

template <class Type, class Call>
void owing(void* self, SessionDone done, Call call) noexcept {
  try {
    call(records_of(*static_cast<Type*>(self)), SessionAnswer(done));
  } catch (...) {  // the answer was dropped on the way, and so given
  }
}
}  // namespace detail

// The functions of a class with the methods load, lock, cancel, store, touch, remove, unlock and counters, and sweep if
// it likes, as above but with references, `std::chrono::milliseconds`, and a SessionAnswer&& in place of each
// SessionDone; or of what its member `records` points to. One that throws has answered `unavailable`.
template <class Type>
struct SessionStorageOf {
  static constexpr SessionStorage table{
      sizeof(SessionStorage),
      [](void* self, const SessionKey* key, SessionDone done) {
        detail::owing<Type>(self, done, [&](auto& type, SessionAnswer answer) { type.load(*key, std::move(answer)); });
      },
      [](void* self, const SessionKey* key, std::uint64_t lease, SessionDone done) {
        std::uint64_t ticket = 0;
        detail::owing<Type>(self, done, [&](auto& type, SessionAnswer answer) {
          ticket = type.lock(*key, std::chrono::milliseconds(lease), std::move(answer));
        });
        return ticket;
      },
      [](void* self, const SessionKey* key, std::uint64_t ticket) {
        detail::owing<Type>(self, {}, [&](auto& type, SessionAnswer) { type.cancel(*key, ticket); });
      },
      [](void* self, const SessionKey* key, const SessionWrite* write, SessionDone done) {
        detail::owing<Type>(self, done,
                            [&](auto& type, SessionAnswer answer) { type.store(*key, *write, std::move(answer)); });
      },
      [](void* self, const SessionKey* key, std::uint64_t lock, std::uint32_t unlock, std::uint64_t left,
         SessionDone done) {
        detail::owing<Type>(self, done, [&](auto& type, SessionAnswer answer) {
          type.touch(*key, lock, unlock != 0, std::chrono::milliseconds(left), std::move(answer));
        });
      },
      [](void* self, const SessionKey* key, std::uint64_t lock, SessionDone done) {
        detail::owing<Type>(self, done,
                            [&](auto& type, SessionAnswer answer) { type.remove(*key, lock, std::move(answer)); });
      },
      [](void* self, const SessionKey* key, std::uint64_t lock, SessionDone done) {
        detail::owing<Type>(self, done,
                            [&](auto& type, SessionAnswer answer) { type.unlock(*key, lock, std::move(answer)); });
      },
      [](void* self) -> std::uint32_t {
        bool more = false;
        detail::owing<Type>(self, {}, [&](auto& type, SessionAnswer) {
          if constexpr (requires { type.sweep(); }) more = type.sweep();
        });
        return more ? 1 : 0;
      },
      [](void* self, SessionCounters* counters) {
        detail::owing<Type>(self, {}, [&](auto& type, SessionAnswer) {
          const SessionCounters now = type.counters();
          std::memcpy(counters, &now, counters->size < sizeof now ? counters->size : sizeof now);
        });
      }};
};

template <class Type>
struct SessionStorageDefinition {
  std::string_view name;

  constexpr void write(detail::JsonWriter& json) const { ServiceDefinition<Type, SessionStorage>{name}.write(json); }
  static constexpr kirsch_provided provided() {
    kirsch_provided entry = detail::Instance<Type>::provided();
    entry.service = &SessionStorageOf<Type>::table;
    return entry;
  }
};

// An item of KIRSCH_MODULE: `Type` is a storage that YAML calls `name`.
template <class Type>
consteval auto session_storage(std::string_view name) {
  return SessionStorageDefinition<Type>{name};
}

}  // namespace kirsch
