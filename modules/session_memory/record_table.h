// Where the records lie. Plain data in memory of the server that outlives configurations: while a reload goes on, old
// and new code of this module work on it at one time. Increase `layout` with every change of a struct.
#pragma once

#include <kirsch/session_storage.h>
#include <pthread.h>

namespace session_memory {

inline constexpr std::uint32_t layout = 2;

using Milliseconds = std::uint64_t;  // on a clock that never jumps, and that goes on while the machine is suspended
Milliseconds now();

// Somebody who waits for a lock.
struct Waiter {
  kirsch::SessionAnswer answer;
  std::uint64_t ticket;
  Milliseconds lease;
  Waiter* next;
};

// Its bytes stand right behind it.
struct Record {
  kirsch::SessionKey key;
  Record* next;   // in its bucket
  Record* older;  // by their last use
  Record* newer;
  std::uint32_t size;
  std::uint32_t room;  // for bytes
  Milliseconds created;
  Milliseconds expires;
  std::uint64_t revision;
  std::uint64_t lock;  // 0: it is free, and nobody waits
  Milliseconds lease_end;
  Waiter* first_waiter;
  Waiter* last_waiter;

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  kirsch_text data() { return {bytes(), size}; }
  bool locked(Milliseconds at) const { return lock != 0 && at < lease_end; }
  // Who has the lock may end what he has begun.
  bool expired(Milliseconds at) const { return at >= expires && !locked(at); }
};

struct Shard {
  pthread_mutex_t mutex;
  Record** buckets;
  std::uint64_t bucket_count;  // a power of two, or 0
  std::uint64_t records;
  std::uint64_t bytes;  // with what is kept about them
  Record* oldest;
  Record* newest;
  std::uint64_t created;
  std::uint64_t expired;
  std::uint64_t evicted;
  std::uint64_t lock_waits;
  std::uint64_t lost_locks;

  // The place that points to the record; null: there is none.
  Record** find(const kirsch::SessionKey& key) const;
  // Gives the record its place as the newest. `room` bytes of it are there.
  Record* add(const kirsch::SessionKey& key, std::size_t room);
  // Makes room for that many bytes; the record may move.
  Record* resize(Record** place, std::size_t room);
  void use(Record* record);   // it is the newest now
  void take(Record** place);  // out of the shard and frees it; nobody may wait for it
  // What a record with that many bytes takes.
  static std::uint64_t cost(std::size_t room);

 private:
  Record** bucket(const kirsch::SessionKey& key) const;
  void link(Record* record);
  void unlink(Record* record);
  void grow();
};

struct Table {
  std::uint32_t ready;
  std::uint32_t shard_count;
  std::uint64_t last_number;  // of locks, waiters and revisions; by any thread
  std::uint64_t swept;        // buckets of all shards, in this lap; by any thread
  Shard shards[64];

  // Call before use, at load.
  void begin(std::uint32_t shards_wanted);
  Shard& shard(const kirsch::SessionKey& key) { return shards[key.bytes[0] % shard_count]; }
  std::uint64_t next_number();
};

// The shard is this thread's for the time.
class Held {
 public:
  explicit Held(Shard& shard) : shard_(shard) { pthread_mutex_lock(&shard.mutex); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() { pthread_mutex_unlock(&shard_.mutex); }
  Shard* operator->() const { return &shard_; }
  Shard& operator*() const { return shard_; }

 private:
  Shard& shard_;
};

}  // namespace session_memory
