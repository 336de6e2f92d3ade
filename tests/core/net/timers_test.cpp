// Timers: their order, their cancellation, and that each is destroyed exactly once.
#include "net/timers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "loopback.h"

namespace kirsch::net::test {
namespace {

using namespace std::chrono_literals;

struct Record {
  int fired = 0;
  int destroyed = 0;
  static void fire(void* self) { ++static_cast<Record*>(self)->fired; }
  static void destroy(void* self) { ++static_cast<Record*>(self)->destroyed; }
};

TEST(TimersTest, FireInOrderOfTimeAndTiesInOrderOfStart) {
  struct Entry {
    std::vector<int>* order;
    int number;
  };
  std::vector<int> order;
  Entry late{&order, 3}, early{&order, 1}, middle{&order, 2};
  const auto fire = [](void* self) {
    const auto& entry = *static_cast<Entry*>(self);
    entry.order->push_back(entry.number);
  };
  Timers timers;
  timers.start(3000, fire, nullptr, &late);
  timers.start(1000, fire, nullptr, &early);
  timers.start(2000, fire, nullptr, &middle);
  timers.fire(base::steady_now() + 1h);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(TimersTest, DoNotFireBeforeTheirTime) {
  Record record;
  Timers timers;
  const base::SteadyTime start = base::steady_now();
  timers.start(1000, Record::fire, Record::destroy, &record);
  timers.fire(start + 999ms);
  EXPECT_EQ(record.fired, 0);
  ASSERT_TRUE(timers.next().has_value());
  EXPECT_GE(*timers.next(), start + 1000ms);
  timers.fire(*timers.next());
  EXPECT_EQ(record.fired, 1);
  EXPECT_EQ(record.destroyed, 1);
  EXPECT_FALSE(timers.next().has_value());
}

TEST(TimersTest, AreDestroyedAndNotFiredWhenCancelled) {
  Record record;
  Timers timers;
  const std::uint64_t timer = timers.start(1, Record::fire, Record::destroy, &record);
  EXPECT_NE(timer, 0U);
  timers.cancel(timer);
  EXPECT_EQ(record.destroyed, 1);
  timers.cancel(timer);
  timers.cancel(0);
  timers.cancel(UINT64_MAX);
  timers.fire(base::steady_now() + 1h);
  EXPECT_EQ(record.fired, 0);
  EXPECT_EQ(record.destroyed, 1);
}

TEST(TimersTest, ANumberThatHasFiredDoesNotCancelItsSuccessor) {
  Record first, second;
  Timers timers;
  const std::uint64_t old = timers.start(0, Record::fire, Record::destroy, &first);
  timers.fire(base::steady_now());
  const std::uint64_t young = timers.start(0, Record::fire, Record::destroy, &second);
  EXPECT_NE(old, young);
  timers.cancel(old);
  timers.fire(base::steady_now());
  EXPECT_EQ(second.fired, 1);
}

TEST(TimersTest, AreDestroyedAtTheEndAndRefusedAfterwards) {
  Record pending, late;
  Timers timers;
  timers.start(1000, Record::fire, Record::destroy, &pending);
  timers.end();
  EXPECT_EQ(pending.destroyed, 1);
  EXPECT_NE(timers.start(1000, Record::fire, Record::destroy, &late), 0U);
  EXPECT_EQ(late.destroyed, 1);
  EXPECT_EQ(pending.fired + late.fired, 0);
}

TEST(TimersTest, MayStartAndCancelOthersWhileTheyFire) {
  struct Chain {
    Timers timers;
    std::uint64_t victim = 0;
    Record record;
    Record child;
  } chain;
  const auto fire = [](void* self) {
    auto& all = *static_cast<Chain*>(self);
    all.timers.cancel(all.victim);
    all.timers.start(0, Record::fire, Record::destroy, &all.child);
  };
  chain.timers.start(0, fire, nullptr, &chain);
  chain.victim = chain.timers.start(1, Record::fire, Record::destroy, &chain.record);
  chain.timers.fire(base::steady_now() + 1h);
  EXPECT_EQ(chain.record.fired, 0);
  EXPECT_EQ(chain.record.destroyed, 1);
  EXPECT_EQ(chain.child.fired, 0);  // not in the call that started it, or a timer of 0 ms could keep the loop for ever
  chain.timers.fire(base::steady_now());
  EXPECT_EQ(chain.child.fired, 1);
}

TEST(TimersTest, AHundredThousandFireInOrderWithEveryThirdCancelled) {
  constexpr std::size_t count = 100'000;
  struct Entry {
    std::vector<std::uint64_t>* order;
    std::uint64_t wait;
  };
  std::vector<std::uint64_t> order;
  std::vector<Entry> entries(count);
  std::vector<std::uint64_t> numbers(count);
  std::mt19937_64 random(1);
  Timers timers;
  for (std::size_t index = 0; index < count; ++index) {
    // Far apart, so that the time which the starts themselves take changes no order.
    entries[index] = {&order, random() % 1000 * 100'000};
    numbers[index] = timers.start(
        entries[index].wait,
        [](void* self) { static_cast<Entry*>(self)->order->push_back(static_cast<Entry*>(self)->wait); }, nullptr,
        &entries[index]);
  }
  for (std::size_t index = 0; index < count; index += 3) timers.cancel(numbers[index]);
  timers.fire(base::steady_now() + std::chrono::hours(24 * 365));
  EXPECT_EQ(order.size(), count - (count + 2) / 3);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(TimersTest, FireOnTheirLoop) {
  RunningLoop running;
  std::promise<Loop*> fired;
  running.call([&] {
    running.loop().start_timer(
        5, [](void* self) { static_cast<std::promise<Loop*>*>(self)->set_value(Loop::current()); }, nullptr, &fired);
  });
  EXPECT_EQ(fired.get_future().get(), &running.loop());
}

TEST(TimersTest, AreDestroyedWhenTheirLoopEnds) {
  Record record;
  RunningLoop running;
  running.call([&] { running.loop().start_timer(3'600'000, Record::fire, Record::destroy, &record); });
  running.end();
  EXPECT_EQ(record.destroyed, 1);
  EXPECT_EQ(record.fired, 0);
}

}  // namespace
}  // namespace kirsch::net::test
