// What a storage of sessions does, on a table in memory: every operation is over when its call returns, save waiting
// for a lock.
#pragma once

#include <memory>

#include "record_table.h"
#include "watched_leases.h"

namespace session_memory {

struct Room {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

class Answers;

// Views of a table, any number of them at once. The functions are those of kirsch::SessionStorage.
class RecordStore {
 public:
  RecordStore() = default;
  RecordStore(Table& table, Room room) : table_(&table), room_(room) { table.begin(shards_for(room)); }

  void load(const kirsch::SessionKey& key, kirsch::SessionAnswer&& answer);
  std::uint64_t lock(const kirsch::SessionKey& key, std::chrono::milliseconds lease, kirsch::SessionAnswer&& answer);
  void cancel(const kirsch::SessionKey& key, std::uint64_t ticket);
  void store(const kirsch::SessionKey& key, const kirsch::SessionWrite& write, kirsch::SessionAnswer&& answer);
  void touch(const kirsch::SessionKey& key, std::uint64_t lock, bool unlock, std::chrono::milliseconds left,
             kirsch::SessionAnswer&& answer);
  void remove(const kirsch::SessionKey& key, std::uint64_t lock, kirsch::SessionAnswer&& answer);
  void unlock(const kirsch::SessionKey& key, std::uint64_t lock, kirsch::SessionAnswer&& answer);
  bool sweep();
  kirsch::SessionCounters counters() const;

 private:
  // Small rooms have one shard, so that what goes first is exactly the oldest; the others share what there is.
  static std::uint32_t shards_for(Room room);
  Room share() const;

  Record** find(Shard& shard, const kirsch::SessionKey& key, Milliseconds at, Answers& answers);
  kirsch::SessionStatus put(Shard& shard, const kirsch::SessionKey& key, const kirsch::SessionWrite& write,
                            Milliseconds at, Answers& answers);
  bool make_room(Shard& shard, const Record* kept, Room more, Milliseconds at, Answers& answers) const;
  void give_on(Record& record, Milliseconds at, Answers& answers);
  void release(Record& record, std::uint64_t lock, Milliseconds at, Answers& answers);
  void watch(const kirsch::SessionKey& key, Milliseconds delay) const;
  void look_at_lease(const kirsch::SessionKey& key);

  Table* table_ = nullptr;
  Room room_;
  std::shared_ptr<WatchedLeases> watched_ = std::make_shared<WatchedLeases>();
};

}  // namespace session_memory
