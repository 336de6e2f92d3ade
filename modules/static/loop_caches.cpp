// Timers and posts may outlive the handler, but not what they hold.
#include "loop_caches.h"

#include <kirsch/tasks.h>

#include <chrono>
#include <utility>

namespace static_files {

void LoopCaches::limit(std::size_t files, std::uint64_t memory) {
  for (std::uint32_t loop = 0; loop < kirsch::loops(); ++loop) {
    caches_[loop] = std::make_shared<FileCache>();
    caches_[loop]->limit(files, memory);
  }
}

FileCache::Found LoopCaches::find(std::uint32_t loop, std::string_view path) const {
  return caches_[loop]->find(path, std::chrono::steady_clock::now());
}

void LoopCaches::put(std::uint32_t loop, std::string_view path, std::shared_ptr<const Resource> resource,
                     FileCache::Time looked) const {
  const auto& cache = caches_[loop];
  cache->put(path, std::move(resource), looked);
  if (!cache->empty() && !std::exchange(cache->sweeping, true)) sweep_later(loop, cache);
}

void LoopCaches::clear(std::uint32_t loop) const {
  caches_[loop]->clear();
  for (std::uint32_t other = 0; other < kirsch::loops(); ++other) {
    if (other != loop) kirsch::post(other, [cache = caches_[other]] { cache->clear(); });
  }
}

void LoopCaches::sweep_later(std::uint32_t loop, const std::weak_ptr<FileCache>& cache) {
  kirsch::after(loop, FileCache::kept, [loop, cache] {
    const auto swept = cache.lock();
    if (swept == nullptr) return;
    swept->sweep(std::chrono::steady_clock::now());
    swept->sweeping = !swept->empty();
    if (swept->sweeping) sweep_later(loop, cache);
  });
}

}  // namespace static_files
