// Which messages are the same, how many of them pass, and what is said of the others; the time is the test's own.
#include "base/repetition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kirsch::base {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RepetitionTest : public ::testing::Test {
 protected:
  void write(std::string_view line, int times = 1) {
    for (int time = 0; time < times; ++time) repetition_.write(Level::warning, line, now_);
  }
  std::vector<std::string> taken() { return std::exchange(lines_, {}); }

  SteadyTime now_{1h};
  std::vector<std::string> lines_;
  Repetition repetition_{[this](Level level, std::string_view line) {
    lines_.push_back(std::string(name(level)) + " " + std::string(line));
  }};
};

TEST_F(RepetitionTest, TenOfTheSamePassInTenSeconds) {
  write("chat: failed", 10);
  EXPECT_EQ(taken(), std::vector<std::string>(10, "warning chat: failed"));
  write("chat: failed", 27);
  EXPECT_THAT(taken(), IsEmpty());
  now_ += 9999ms;
  write("chat: failed");
  EXPECT_THAT(taken(), IsEmpty());
  now_ += 1ms;
  write("chat: failed");
  EXPECT_THAT(taken(),
              ElementsAre("warning log: repeated 28 more times within 10 s: chat: failed", "warning chat: failed"));
}

TEST_F(RepetitionTest, WhatPassedIsNotToldAgain) {
  write("chat: failed", 10);
  taken();
  now_ += 10s;
  repetition_.expire(now_);
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(RepetitionTest, IsToldWithoutAnotherMessage) {
  write("chat: failed", 11);
  taken();
  EXPECT_EQ(repetition_.due(), now_ + 10s);
  repetition_.expire(now_ + 9999ms);
  EXPECT_THAT(taken(), IsEmpty());
  repetition_.expire(now_ + 10s);
  EXPECT_THAT(taken(), ElementsAre("warning log: repeated 1 more time within 10 s: chat: failed"));
  EXPECT_EQ(repetition_.due(), std::nullopt);
}

// Who waits for `due` reads it after each line that passed, not after those that did not.
TEST_F(RepetitionTest, IsDueAsSoonAsTheNextWouldBeHeldBack) {
  write("chat: failed", 9);
  EXPECT_EQ(repetition_.due(), std::nullopt);
  write("chat: failed");
  EXPECT_EQ(repetition_.due(), now_ + 10s);
  now_ += 1s;
  write("board: failed", 10);
  EXPECT_EQ(repetition_.due(), now_ + 9s) << "the first of both";
}

TEST_F(RepetitionTest, NumbersAndRequestIdsMakeNoDifference) {
  for (int number = 0; number < 10; ++number) {
    write("request 0-" + std::to_string(number) + " GET /: chat failed with 0x" + std::to_string(number * 977));
  }
  taken();
  for (const auto* id : {"12-1f", "0-a", "3-ffff", "0-deadbeef"}) {
    write(std::string("request ") + id + " GET /: chat failed with 0xff");
  }
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(RepetitionTest, WordsAndLevelsMakeADifference) {
  write("net: cannot accept on 127.0.0.1:80", 10);
  taken();
  write("net: cannot listen on 127.0.0.1:80");
  write("net: cannot accept on [::1]:80");
  repetition_.write(Level::error, "net: cannot accept on 127.0.0.1:80", now_);
  EXPECT_EQ(taken().size(), 3U);
}

TEST_F(RepetitionTest, WhoAsksForDebugGetsEveryLine) {
  for (int time = 0; time < 100; ++time) repetition_.write(Level::debug, "step", now_);
  EXPECT_EQ(taken().size(), 100U);
}

TEST_F(RepetitionTest, SaysOfLongMessagesHowTheyBegin) {
  write(std::string(5000, 'x'), 11);
  taken();
  repetition_.expire(SteadyTime::max());
  EXPECT_THAT(taken(), ElementsAre("warning log: repeated 1 more time within 10 s: " + std::string(200, 'x')));
}

TEST_F(RepetitionTest, ForgetsTheOldestOfMoreThanItRemembers) {
  write("first", 12);
  taken();
  now_ += 1s;
  for (std::size_t other = 1; other < Repetition::remembered; ++other) write("other" + std::string(other, 'x'));
  EXPECT_EQ(taken().size(), Repetition::remembered - 1);
  write("one too many");
  EXPECT_THAT(taken(), ElementsAre("warning log: repeated 2 more times within 10 s: first", "warning one too many"));
  write("first");
  EXPECT_THAT(taken(), ElementsAre("warning first"));
}

}  // namespace
}  // namespace kirsch::base
