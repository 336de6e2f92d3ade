// What OpenSSL's buffers for records come from and go back to.
#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
#include <cstring>
#include <functional>
#include <thread>

#include "net/tls/record_buffers.h"

namespace kirsch::net::tls {
namespace {

void* filled(std::size_t size) {
  void* const memory = RecordBuffers::allocate(size);
  std::memset(memory, 'x', size);
  return memory;
}

// On a thread of its own, whose buffers are gone with it.
void alone(const std::function<void()>& job) { std::thread(job).join(); }

TEST(TlsRecordBuffersTest, ABufferServesTheNextRecordWhateverItsLength) {
  alone([] {
    void* const first = filled(16'709);
    RecordBuffers::free(first);
    EXPECT_EQ(RecordBuffers::kept(), 1U);
    void* const second = filled(RecordBuffers::size);
    EXPECT_EQ(second, first);
    EXPECT_EQ(RecordBuffers::kept(), 0U);
    RecordBuffers::free(second);
  });
}

TEST(TlsRecordBuffersTest, OtherSizesAreTheHeaps) {
  alone([] {
    for (const std::size_t size :
         {std::size_t{1}, RecordBuffers::least - 1, RecordBuffers::size + 100, 4 * RecordBuffers::size})
      RecordBuffers::free(filled(size));
    RecordBuffers::free(nullptr);
    EXPECT_EQ(RecordBuffers::kept(), 0U);
  });
}

TEST(TlsRecordBuffersTest, AThreadKeepsNoMoreThanAFew) {
  alone([] {
    std::array<void*, 2 * RecordBuffers::most> many;
    for (void*& one : many) one = filled(RecordBuffers::least);
    for (void* one : many) RecordBuffers::free(one);
    EXPECT_EQ(RecordBuffers::kept(), RecordBuffers::most);
  });
}

TEST(TlsRecordBuffersTest, AnotherThreadMayFree) {
  void* const memory = filled(RecordBuffers::least);
  alone([&] {
    RecordBuffers::free(memory);
    EXPECT_EQ(RecordBuffers::kept(), 1U);
  });
}

// AddressSanitizer finds what is left, too; its heap counts nothing here.
TEST(TlsRecordBuffersTest, ThreadsLeaveNothing) {
  const auto threads = [](int count) {
    for (int number = 0; number < count; ++number) alone([] { RecordBuffers::free(filled(RecordBuffers::least)); });
  };
  threads(8);
  const auto before = ::mallinfo2().uordblks;
  threads(100);
  EXPECT_LT(::mallinfo2().uordblks, before + 10 * RecordBuffers::size);
}

}  // namespace
}  // namespace kirsch::net::tls
