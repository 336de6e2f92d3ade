// Chains in buckets, and one list from the oldest record to the newest.
#include "record_table.h"

#include <time.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace session_memory {
namespace {

constexpr std::size_t allocation_overhead = 16;  // of the C library, on average

}  // namespace

Milliseconds now() {
  constexpr Milliseconds centuries = 1ULL << 43;  // a record may be older than the machine is up
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return centuries + static_cast<Milliseconds>(time.tv_sec) * 1000 +
         static_cast<Milliseconds>(time.tv_nsec) / 1'000'000;
}

Record** Shard::bucket(const kirsch::SessionKey& key) const {
  std::uint64_t hash = 0;
  std::memcpy(&hash, key.bytes + 8, sizeof hash);  // the first byte has chosen the shard
  return &buckets[hash & (bucket_count - 1)];
}

Record** Shard::find(const kirsch::SessionKey& key) const {
  if (bucket_count == 0) return nullptr;
  for (Record** place = bucket(key); *place != nullptr; place = &(*place)->next) {
    if ((*place)->key == key) return place;
  }
  return nullptr;
}

std::uint64_t Shard::cost(std::size_t room) { return sizeof(Record) + room + allocation_overhead + sizeof(Record*); }

Record* Shard::add(const kirsch::SessionKey& key, std::size_t room) {
  if (records >= bucket_count) grow();
  auto* const record = static_cast<Record*>(std::calloc(1, sizeof(Record) + room));
  if (record == nullptr) throw std::bad_alloc();
  record->key = key;
  record->room = static_cast<std::uint32_t>(room);
  Record** const place = bucket(key);
  record->next = *place;
  *place = record;
  link(record);
  ++records;
  bytes += cost(room);
  return record;
}

Record* Shard::resize(Record** place, std::size_t room) {
  Record* const record = *place;
  if (room <= record->room && room >= record->room / 2) return record;
  unlink(record);
  auto* const moved = static_cast<Record*>(std::realloc(static_cast<void*>(record), sizeof(Record) + room));
  if (moved == nullptr) {
    link(record);
    throw std::bad_alloc();
  }
  bytes += cost(room) - cost(moved->room);
  moved->room = static_cast<std::uint32_t>(room);
  *place = moved;
  link(moved);
  return moved;
}

void Shard::use(Record* record) {
  if (record == newest) return;
  unlink(record);
  link(record);
}

void Shard::take(Record** place) {
  Record* const record = *place;
  *place = record->next;
  unlink(record);
  --records;
  bytes -= cost(record->room);
  std::free(record);
}

void Shard::link(Record* record) {
  record->newer = nullptr;
  record->older = newest;
  (newest != nullptr ? newest->newer : oldest) = record;
  newest = record;
}

void Shard::unlink(Record* record) {
  (record->older != nullptr ? record->older->newer : oldest) = record->newer;
  (record->newer != nullptr ? record->newer->older : newest) = record->older;
}

void Shard::grow() {
  const std::uint64_t wanted = bucket_count == 0 ? 16 : 2 * bucket_count;
  auto** const fresh = static_cast<Record**>(std::calloc(wanted, sizeof(Record*)));
  if (fresh == nullptr) throw std::bad_alloc();
  Record** const before = std::exchange(buckets, fresh);
  bucket_count = wanted;
  std::free(before);
  for (Record* record = oldest; record != nullptr; record = record->newer) {
    Record** const place = bucket(record->key);
    record->next = *place;
    *place = record;
  }
}

void Table::begin(std::uint32_t shards_wanted) {
  if (ready != 0) return;
  shard_count = shards_wanted;
  for (Shard& shard : shards) pthread_mutex_init(&shard.mutex, nullptr);
  ready = 1;
}

std::uint64_t Table::next_number() { return std::atomic_ref(last_number).fetch_add(1, std::memory_order_relaxed) + 1; }

}  // namespace session_memory
