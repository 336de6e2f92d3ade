// The wheel, driven by a clock of the test: never early, moved by a store, right after long sleeps.
#include "net/deadline_wheel.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace kirsch::net {
namespace {

using namespace std::chrono_literals;

struct Entry : Deadline {};

// The first time, in steps of `step`, at which something expires; at most `limit` from now.
std::chrono::nanoseconds expiry(DeadlineWheel& wheel, base::SteadyTime start, std::chrono::milliseconds limit) {
  for (auto wait = 0ms; wait <= limit; wait += 10ms) {
    if (wheel.expired(start + wait) != nullptr) return wait;
  }
  return std::chrono::nanoseconds::max();
}

TEST(DeadlineWheelTest, ExpiresWithin300MillisecondsAfterTheDeadlineAndNotBefore) {
  for (const auto wait : {0ms, 1ms, 249ms, 250ms, 251ms, 5000ms, 63'000ms, 64'000ms, 200'000ms}) {
    const base::SteadyTime start = base::steady_now();
    DeadlineWheel wheel(start);
    Entry entry;
    wheel.set(entry, start + wait);
    const auto expired = expiry(wheel, start, wait + 1000ms);
    EXPECT_GE(expired, wait);
    EXPECT_LE(expired, wait + 300ms);
    EXPECT_EQ(wheel.expired(start + 1h), nullptr);
  }
}

TEST(DeadlineWheelTest, FollowsTheLastOfManyMoves) {
  const base::SteadyTime start = base::steady_now();
  DeadlineWheel wheel(start);
  Entry entry;
  for (const auto wait : {75'000ms, 10'000ms, 75'000ms, 500ms, 20'000ms}) wheel.set(entry, start + wait);
  const auto expired = expiry(wheel, start, 100'000ms);
  EXPECT_GE(expired, 20'000ms);
  EXPECT_LE(expired, 20'300ms);
}

TEST(DeadlineWheelTest, ExpiresNothingThatIsClearedOrGone) {
  const base::SteadyTime start = base::steady_now();
  DeadlineWheel wheel(start);
  Entry cleared;
  wheel.set(cleared, start + 100ms);
  wheel.clear(cleared);
  {
    Entry gone;
    wheel.set(gone, start + 100ms);
  }
  EXPECT_EQ(wheel.expired(start + 1h), nullptr);
}

TEST(DeadlineWheelTest, FindsEverythingAfterASleepOfDays) {
  const base::SteadyTime start = base::steady_now();
  DeadlineWheel wheel(start);
  std::deque<Entry> entries(1000);
  std::mt19937 random(1);
  for (Entry& entry : entries) wheel.set(entry, start + std::chrono::milliseconds(random() % 600'000));
  std::size_t expired = 0;
  while (wheel.expired(start + 48h) != nullptr) ++expired;
  EXPECT_EQ(expired, entries.size());
}

TEST(DeadlineWheelTest, SaysWhenToLookAgainAndNothingWhenEmpty) {
  const base::SteadyTime start = base::steady_now();
  DeadlineWheel wheel(start);
  EXPECT_FALSE(wheel.next().has_value());
  Entry entry;
  wheel.set(entry, start + 200'000ms);
  // Each look that next() asks for brings the deadline nearer, until it expires.
  int looks = 0;
  while (wheel.expired(*wheel.next()) == nullptr) ASSERT_LT(++looks, 10);
  EXPECT_FALSE(wheel.next().has_value());
}

}  // namespace
}  // namespace kirsch::net
