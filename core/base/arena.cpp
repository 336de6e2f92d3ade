// The blocks behind an arena.
#include "base/arena.h"

#include <cstring>
#include <new>

namespace kirsch::base {

namespace {
constexpr std::size_t block_align = alignof(std::max_align_t);
}

Arena::~Arena() {
  while (blocks_ != nullptr) {
    Block* previous = blocks_->previous;
    free_block(blocks_);
    blocks_ = previous;
  }
  if (spare_ != nullptr) free_block(spare_);
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* bytes = static_cast<char*>(allocate(text.size(), 1));
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

Arena::Block* Arena::new_block(std::size_t size) {
  auto* block = static_cast<Block*>(take_memory(size));
  block->size = size;
  footprint_ += size;
  return block;
}

void Arena::free_block(Block* block) noexcept {
  footprint_ -= block->size;
  give_memory(block, block->size);
}

void Arena::use(Block* block) noexcept {
  static_assert(sizeof(Block) % block_align == 0);
  block->previous = blocks_;
  blocks_ = block;
  next_ = reinterpret_cast<char*>(block) + sizeof(Block);
  end_ = reinterpret_cast<char*>(block) + block->size;
}

void* Arena::from_new_block(std::size_t size) {
  if (size > SIZE_MAX - sizeof(Block)) throw std::bad_alloc();
  if (blocks_ == nullptr) {
    use(new_block(first_block));
    if (size <= first_block - sizeof(Block)) return allocate(size, 1);
  }
  if (size > next_block / 4) {
    // A block of its own behind the current one, whose room stays in use.
    Block* block = new_block(sizeof(Block) + size);
    block->previous = blocks_->previous;
    blocks_->previous = block;
    return reinterpret_cast<char*>(block) + sizeof(Block);
  }
  Block* block = spare_;
  spare_ = nullptr;
  use(block != nullptr ? block : new_block(next_block));
  return allocate(size, 1);
}

void Arena::reset() noexcept {
  Block* block = blocks_;
  if (block != nullptr && block->previous == nullptr && block->size == first_block) [[likely]] {
    next_ = reinterpret_cast<char*>(block) + sizeof(Block);
    return;
  }
  blocks_ = nullptr;
  next_ = end_ = nullptr;
  Block* first = nullptr;
  while (block != nullptr) {
    Block* previous = block->previous;
    if (block->size == first_block && first == nullptr) {
      first = block;
    } else if (block->size == next_block && spare_ == nullptr) {
      spare_ = block;
    } else {
      free_block(block);
    }
    block = previous;
  }
  if (first != nullptr) use(first);
}

}  // namespace kirsch::base
