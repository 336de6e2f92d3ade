// Pages that are nobody else's, and have no memory once they were given back.
#include "base/page.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace kirsch::base {
namespace {

TEST(Page, IsNobodyElses) {
  std::set<char*> pages;
  for (int count = 0; count < 1000; ++count) {
    auto* const page = static_cast<char*>(take_page());
    std::memset(page, count, page_size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(page) % page_size, 0u);
    EXPECT_TRUE(pages.insert(page).second);
  }
  for (char* page : pages) give_page(page);
}

TEST(Page, HasNoMemoryOnceItWasGivenBack) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "a sanitizer keeps what was given back for a while, to find who uses it";
#endif
  if (::sysconf(_SC_PAGESIZE) > static_cast<long>(page_size)) GTEST_SKIP() << "the system's pages are larger";
  void* const page = take_page();
  const auto resident = [page] {
    unsigned char known = 0;
    EXPECT_EQ(::mincore(page, page_size, &known), 0);
    return (known & 1) != 0;
  };
  std::memset(page, 'x', page_size);
  EXPECT_TRUE(resident());
  give_page(page);
  EXPECT_FALSE(resident());
}

TEST(Page, MayGoBackOnAnotherThread) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([] {
      for (int turn = 0; turn < 300; ++turn) {
        auto* const page = static_cast<char*>(take_page());
        std::memset(page, turn, page_size);
        std::thread([page] { give_page(page); }).join();
      }
    });
  for (auto& thread : threads) thread.join();
}

TEST(Page, HoldsAnObjectOfItsOwn) {
  struct Large : OnPage {
    char bytes[3000];
  };
  const auto one = std::make_unique<Large>(), other = std::make_unique<Large>();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(one.get()) % page_size, 0u);
  EXPECT_NE(one.get(), other.get());
}

}  // namespace
}  // namespace kirsch::base
