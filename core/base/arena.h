// Memory of one exchange: allocation is a pointer move, everything is given back at once by reset().
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string_view>

#include "base/page.h"

namespace kirsch::base {

// One thread at a time. Destructors of what is placed here do not run. Also a std::pmr::memory_resource, so containers
// can live in it; their deallocation does nothing.
class Arena final : public std::pmr::memory_resource {
 public:
  static constexpr std::size_t first_block = page_size;
  static constexpr std::size_t next_block = 16 * 1024;

  Arena() = default;
  ~Arena() override;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Never null; throws std::bad_alloc when the system has no memory. `align` is a power of two, at most 16.
  [[gnu::always_inline]] void* allocate(std::size_t size, std::size_t align = alignof(std::max_align_t)) {
    const std::size_t skip = (align - (reinterpret_cast<std::size_t>(next_) & (align - 1))) & (align - 1);
    if (next_ == nullptr || size > static_cast<std::size_t>(end_ - next_) ||
        skip > static_cast<std::size_t>(end_ - next_) - size) {
      return from_new_block(size);
    }
    char* result = next_ + skip;
    next_ = result + size;
    return result;
  }

  // A copy of `text` that lives until reset().
  std::string_view copy(std::string_view text);

  template <typename T>
  T* array(std::size_t count) {
    return static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
  }

  // Bytes of all blocks that this arena holds now.
  std::size_t footprint() const { return footprint_; }

  // Everything allocated becomes invalid. The first block and one further block are kept for the next exchange.
  void reset() noexcept;

 private:
  struct Block {
    Block* previous;
    std::size_t size;  // with this header
  };

  void* from_new_block(std::size_t size);
  Block* new_block(std::size_t size);
  void free_block(Block* block) noexcept;
  void use(Block* block) noexcept;

  void* do_allocate(std::size_t size, std::size_t align) override { return allocate(size, align); }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  char* next_ = nullptr;
  char* end_ = nullptr;
  Block* blocks_ = nullptr;  // newest first; the last one is the first block
  Block* spare_ = nullptr;   // kept by reset()
  std::size_t footprint_ = 0;
};

}  // namespace kirsch::base
