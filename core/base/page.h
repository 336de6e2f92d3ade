// Memory for what is needed for a moment, in pages of its own: what stays shares none of them, so all of it can go back
// to the system. malloc lays both side by side, and a page goes back only when nothing is left on it.
#pragma once

#include <cassert>
#include <cstddef>
#include <new>

namespace kirsch::base {

inline constexpr std::size_t page_size = 4096;

// `page_size` bytes, aligned to as many. Any thread. Throws std::bad_alloc.
void* take_page();
// Its memory is the system's at once (unless its own pages are larger), which costs a system call and a fault when the
// page is next written to: keep pages that are soon wanted again. Any thread.
void give_page(void* page) noexcept;

// For pieces that nearly all are of one page: that, or else memory of operator new.
inline void* take_memory(std::size_t size) { return size == page_size ? take_page() : ::operator new(size); }
inline void give_memory(void* memory, std::size_t size) noexcept {
  size == page_size ? give_page(memory) : ::operator delete(memory);
}

// Each object of a type that derives from it has a page to itself.
struct OnPage {
  static void* operator new(std::size_t size) {
    assert(size <= page_size);
    return take_page();
  }
  static void operator delete(void* page) noexcept { give_page(page); }
};

}  // namespace kirsch::base
