// Places for connections: of one set of limits, and of the whole of which it is a part.
#include "http/capacity.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace kirsch::http {
namespace {

TEST(Capacity, GivesItsPlacesAndTakesThemBack) {
  Capacity capacity(2);
  Capacity::Place first = capacity.take();
  Capacity::Place second = capacity.take();
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(capacity.take());
  first = {};
  EXPECT_TRUE(capacity.take());
  Capacity::Place third = std::move(second);
  EXPECT_TRUE(third);
  EXPECT_TRUE(capacity.take()) << "the first one's";
}

TEST(Capacity, IsThatOfTheWholeToo) {
  Capacity whole(3);
  Capacity one(2, &whole);
  Capacity other(2, &whole);
  const Capacity::Place places[] = {one.take(), one.take(), other.take()};
  for (const auto& place : places) EXPECT_TRUE(place);
  EXPECT_FALSE(other.take()) << "though it has a place left";
  EXPECT_TRUE(other.tight());
}

TEST(Capacity, IsTightWithNineTenthsTaken) {
  Capacity capacity(10);
  std::vector<Capacity::Place> places;
  for (int taken = 0; taken < 10; ++taken) {
    EXPECT_EQ(capacity.tight(), taken >= 9);
    places.push_back(capacity.take());
  }
  places.clear();
  EXPECT_FALSE(capacity.tight());
}

TEST(Capacity, IsExactForManyThreads) {
  Capacity whole(100);
  Capacity capacity(50, &whole);
  std::vector<std::thread> threads;
  std::atomic<int> held = 0;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 10'000; ++turn) {
        const Capacity::Place place = capacity.take();
        if (!place) continue;
        EXPECT_LE(held.fetch_add(1) + 1, 50);
        held.fetch_sub(1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::vector<Capacity::Place> all;
  for (int count = 0; count < 50; ++count) {
    all.push_back(capacity.take());
    EXPECT_TRUE(all.back());
  }
}

}  // namespace
}  // namespace kirsch::http
