// A stack per thread. What belongs there is known by its size, which the C library says of each block.
#include "net/tls/record_buffers.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <array>
#include <cstdlib>

namespace kirsch::net::tls {
namespace {

// No destructor, so that OpenSSL may free to the very end of a thread. `room` is 0 before the first and after the last.
struct Stack {
  std::array<void*, RecordBuffers::most> buffers;
  std::size_t count;
  std::size_t room;
};

constinit thread_local Stack stack{};

struct End {
  ~End() {
    stack.room = 0;
    while (stack.count != 0) std::free(stack.buffers[--stack.count]);
  }
};

[[gnu::noinline]] void begin() noexcept {
  static thread_local const End end;
  static thread_local bool begun = false;
  if (!begun) stack.room = RecordBuffers::most;
  begun = true;
}

}  // namespace

void* RecordBuffers::allocate(std::size_t wanted) noexcept {
  if (wanted < least || wanted > size) [[likely]]
    return std::malloc(wanted);
  if (stack.count != 0) return stack.buffers[--stack.count];
  return std::malloc(size);
}

void RecordBuffers::free(void* memory) noexcept {
  constexpr std::size_t rounding = 64;  // what the C library may add to a block
  const std::size_t real = ::malloc_usable_size(memory);
  if (real - size < rounding) [[unlikely]] {
    if (stack.room == 0) begin();
    if (stack.count < stack.room) {
      stack.buffers[stack.count++] = memory;
      return;
    }
  }
  std::free(memory);
}

std::size_t RecordBuffers::kept() noexcept { return stack.count; }

bool RecordBuffers::install() noexcept {
#if defined(__SANITIZE_ADDRESS__)
  return false;  // it is to see the end of each buffer
#else
  return CRYPTO_set_mem_functions(
             [](std::size_t wanted, const char*, int) { return allocate(wanted); },
             [](void* memory, std::size_t wanted, const char*, int) { return std::realloc(memory, wanted); },
             [](void* memory, const char*, int) { RecordBuffers::free(memory); }) == 1;
#endif
}

}  // namespace kirsch::net::tls
