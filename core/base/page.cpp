// Stretches of address space, whose pages have memory only while they are taken.
#include "base/page.h"

#include <sys/mman.h>
#include <unistd.h>

#include <mutex>
#include <new>
#include <vector>

namespace kirsch::base {

#ifdef __SANITIZE_ADDRESS__
// Its heap finds who uses a page that was given back.
void* take_page() { return ::operator new (page_size, std::align_val_t{page_size}); }
void give_page(void* page) noexcept { ::operator delete (page, std::align_val_t{page_size}); }
#else

namespace {

// The address space is kept for good: it costs nothing, and those who were once many may be so again.
class Pages {
 public:
  void* take() {
    const std::lock_guard guard(mutex_);
    if (vacant_.empty()) grow();
    std::byte* const page = vacant_.back();
    vacant_.pop_back();
    return page;
  }

  void give(void* page) noexcept {
    // A larger page of the system's holds others of ours: their memory waits for the next who takes it.
    if (gives_back_) ::madvise(page, page_size, MADV_DONTNEED);
    const std::lock_guard guard(mutex_);
    vacant_.push_back(static_cast<std::byte*>(page));  // there is room
  }

 private:
  void grow() {
    constexpr std::size_t count = 256;
    vacant_.reserve(pages_ + count);
    void* const begin =
        ::mmap(nullptr, count * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (begin == MAP_FAILED) throw std::bad_alloc();
    ::madvise(begin, count * page_size, MADV_NOHUGEPAGE);  // each for itself
    pages_ += count;
    // The first one is taken first.
    for (std::size_t page = count; page-- > 0;) vacant_.push_back(static_cast<std::byte*>(begin) + page * page_size);
  }

  const bool gives_back_ = ::sysconf(_SC_PAGESIZE) <= static_cast<long>(page_size);
  std::mutex mutex_;
  std::size_t pages_ = 0;           // there are
  std::vector<std::byte*> vacant_;  // room for each
};

// Never destroyed: at the end of the process others may still give back.
Pages& pages() {
  static Pages& all = *new Pages;
  return all;
}

}  // namespace

void* take_page() { return pages().take(); }
void give_page(void* page) noexcept { pages().give(page); }
#endif

}  // namespace kirsch::base
