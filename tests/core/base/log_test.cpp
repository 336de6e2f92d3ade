// The lines of StandardErrorLog: their shape, what is escaped, what is cut, what is dropped.
#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace kirsch::base {
namespace {

using ::testing::EndsWith;
using ::testing::MatchesRegex;

// What one message puts into the pipe that stands for standard error.
std::string written(Level level, std::string_view line) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  StandardErrorLog(Level::info, writer.get()).write(level, line);
  writer.reset();
  std::string text(10'000, '\0');
  const ssize_t size = ::read(reader.get(), text.data(), text.size());
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

TEST(StandardErrorLogTest, WritesTimeLevelAndMessageInOneLine) {
  EXPECT_THAT(written(Level::warning, "net: hello"), MatchesRegex("....-..-..T..:..:..\\....Z warning net: hello\n"));
}

TEST(StandardErrorLogTest, EscapesWhatCouldForgeALineOrSteerATerminal) {
  const std::string evil("a\r\nb\x1b[2J\0c\x7f\xc3\xa9", 13);
  EXPECT_THAT(written(Level::error, evil), EndsWith(R"(error a\x0d\x0ab\x1b[2J\x00c\x7f\xc3\xa9)"
                                                    "\n"));
}

TEST(StandardErrorLogTest, CutsALineThatAPipeWouldTear) {
  const std::string text = written(Level::info, std::string(5000, '\n'));
  EXPECT_LE(text.size(), 4096U);
  EXPECT_THAT(text, EndsWith(" [cut]\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(StandardErrorLogTest, DropsWhatIsBelowItsLevel) { EXPECT_EQ(written(Level::debug, "net: detail"), ""); }

TEST(ClockTest, WritesATimeOfDayToTheMillisecond) {
  using namespace std::chrono;
  EXPECT_EQ(utc_text(WallTime(1'769'860'800'123ms)).view(), "2026-01-31T12:00:00.123Z");
  EXPECT_EQ(utc_text(WallTime(-1ms)).view(), "1969-12-31T23:59:59.999Z");
}

TEST(ClockTest, TheCoarseClockLagsByItsResolutionAtMost) {
  const SteadyTime coarse = coarse_now();
  EXPECT_LE(coarse, steady_now());
  EXPECT_GT(coarse_resolution().count(), 0);
}

}  // namespace
}  // namespace kirsch::base
