// Least recently used first out.
#include "file_cache.h"

namespace static_files {

FileCache::Found FileCache::find(std::string_view path, Time now) {
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return {};
  Entry& entry = *found->second;
  entry.used = now;
  entries_.splice(entries_.begin(), entries_, found->second);
  return {entry.resource, now - entry.looked < fresh};
}

void FileCache::put(std::string_view path, std::shared_ptr<const Resource> resource, Time looked) {
  if (const auto known = by_path_.find(path); known != by_path_.end()) {
    if (known->second->looked > looked) return;  // another request was quicker
    drop(known->second);
  }
  const auto memory = resource->memory();
  if (memory > most_memory_ || most_files_ == 0) return;
  while (!entries_.empty() && (entries_.size() >= most_files_ || memory_ + memory > most_memory_)) {
    drop(std::prev(entries_.end()));
  }
  entries_.push_front({std::string(path), std::move(resource), looked, looked});
  by_path_.emplace(entries_.front().path, entries_.begin());
  memory_ += memory;
}

void FileCache::sweep(Time now) {
  while (!entries_.empty() && now - entries_.back().used >= kept) drop(std::prev(entries_.end()));
}

void FileCache::clear() {
  while (!entries_.empty()) drop(entries_.begin());
}

void FileCache::drop(Entries::iterator entry) {
  memory_ -= entry->resource->memory();
  by_path_.erase(entry->path);
  entries_.erase(entry);
}

}  // namespace static_files
