// LD_PRELOAD: counts what a program allocates, of KIRSCH_ALLOCATIONS_FROM bytes or more, in a file that others can read
// while it runs. C++ allocates by malloc, too.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// glibc's own functions under the names that interposers may call.
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* __libc_calloc(std::size_t count, std::size_t size);
extern "C" void* __libc_realloc(void* memory, std::size_t size);
extern "C" void* __libc_memalign(std::size_t alignment, std::size_t size);

namespace {

std::atomic<std::uint64_t> before_the_file;
std::atomic<std::uint64_t>* counter = &before_the_file;
std::size_t least = 0;

void count(std::size_t size) {
  if (size >= least) counter->fetch_add(1, std::memory_order_relaxed);
}

// The file KIRSCH_ALLOCATIONS, of eight bytes.
__attribute__((constructor)) void open_counter() {
  const char* const path = std::getenv("KIRSCH_ALLOCATIONS");
  if (const char* const from = std::getenv("KIRSCH_ALLOCATIONS_FROM")) least = std::strtoul(from, nullptr, 10);
  const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* const memory = ::mmap(nullptr, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (memory != MAP_FAILED) counter = static_cast<std::atomic<std::uint64_t>*>(memory);
}

}  // namespace

extern "C" void* malloc(std::size_t size) {
  count(size);
  return __libc_malloc(size);
}
extern "C" void* calloc(std::size_t number, std::size_t size) {
  count(number * size);
  return __libc_calloc(number, size);
}
extern "C" void* realloc(void* memory, std::size_t size) {
  count(size);
  return __libc_realloc(memory, size);
}
extern "C" void* memalign(std::size_t alignment, std::size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }
extern "C" int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  *memory = memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
