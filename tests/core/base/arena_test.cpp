// The arena: alignment, copies, reuse after reset, and that it serves as a memory resource.
#include "base/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace kirsch::base {
namespace {

TEST(Arena, GivesAlignedMemoryThatDoesNotOverlap) {
  Arena arena;
  std::vector<std::pair<char*, std::size_t>> pieces;
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::size_t size = i % 37 + (i % 500 == 0 ? 9000 : 0);
    const std::size_t align = std::size_t{1} << (i % 5);
    auto* piece = static_cast<char*>(arena.allocate(size, align));
    ASSERT_NE(piece, nullptr);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(piece) % align, 0U);
    std::memset(piece, static_cast<int>(i % 251), size);
    pieces.emplace_back(piece, size);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (std::size_t j = 0; j < pieces[i].second; ++j) {
      ASSERT_EQ(static_cast<unsigned char>(pieces[i].first[j]), i % 251) << i;
    }
  }
}

TEST(Arena, CopiesTextAndKeepsEmptyTextEmpty) {
  Arena arena;
  std::string text = "hello";
  const std::string_view copy = arena.copy(text);
  text = "other";
  EXPECT_EQ(copy, "hello");
  EXPECT_TRUE(arena.copy("").empty());
}

TEST(Arena, OwnsNothingBeforeItsFirstUse) { EXPECT_EQ(Arena().footprint(), 0U); }

TEST(Arena, TakesNoNewMemoryForTheSameWorkAfterReset) {
  Arena arena;
  auto work = [&] {
    for (int i = 0; i < 100; ++i) arena.allocate(100);
  };
  work();
  const std::size_t footprint = arena.footprint();
  for (int i = 0; i < 5; ++i) {
    arena.reset();
    work();
    EXPECT_EQ(arena.footprint(), footprint);
  }
}

TEST(Arena, GivesBackWhatOneGreatExchangeNeeded) {
  Arena arena;
  arena.allocate(10);
  for (int i = 0; i < 100; ++i) arena.allocate(4000);
  arena.allocate(1 << 20);
  arena.reset();
  EXPECT_LE(arena.footprint(), Arena::first_block + Arena::next_block);
}

TEST(Arena, KeepsUsingTheRoomOfItsBlockAfterALargePiece) {
  Arena arena;
  auto* before = static_cast<char*>(arena.allocate(16));
  arena.allocate(100'000);
  auto* after = static_cast<char*>(arena.allocate(16));
  EXPECT_EQ(after, before + 16);
}

TEST(Arena, RefusesASizeThatNoMachineHas) {
  Arena arena;
  EXPECT_THROW(arena.allocate(SIZE_MAX - 4), std::bad_alloc);
  EXPECT_NE(arena.allocate(16), nullptr);
}

TEST(Arena, ServesAsMemoryResource) {
  Arena arena;
  std::pmr::vector<int> numbers(&arena);
  for (int i = 0; i < 10'000; ++i) numbers.push_back(i);
  EXPECT_EQ(numbers[9'999], 9'999);
  EXPECT_GE(arena.footprint(), 40'000U);
}

}  // namespace
}  // namespace kirsch::base
