// The cache of each loop, so that none of them needs a lock.
#pragma once

#include <kirsch/host.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "file_cache.h"

namespace static_files {

// Used on loops; `loop` is always the caller's own.
class LoopCaches {
 public:
  // At load.
  void limit(std::size_t files, std::uint64_t memory);

  FileCache::Found find(std::uint32_t loop, std::string_view path) const;
  // `looked`: when the look began. Drops what nobody asks for, some seconds later.
  void put(std::uint32_t loop, std::string_view path, std::shared_ptr<const Resource> resource,
           FileCache::Time looked) const;
  // Those of all loops, at once in this one: descriptors are of more use to requests than to caches.
  void clear(std::uint32_t loop) const;

 private:
  static void sweep_later(std::uint32_t loop, const std::weak_ptr<FileCache>& cache);

  kirsch::PerLane<std::shared_ptr<FileCache>> caches_;
};

}  // namespace static_files
