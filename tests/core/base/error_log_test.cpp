// What reaches the sink of the error log: levels, and repetitions by a clock of the test's own.
#include "base/error_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

namespace kirsch::base {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SteadyTime virtual_now{1h};

class ErrorLogTest : public ::testing::Test {
 protected:
  std::vector<std::string> lines_;
  ErrorLog log_{Level::info,
                [this](Level, std::string_view line) {
                  lines_.emplace_back(line);
                  errno = EIO;
                },
                []() noexcept { return virtual_now; }};
};

TEST_F(ErrorLogTest, DropsWhatIsBelowItsLevel) {
  log_.write(Level::debug, "detail");
  EXPECT_FALSE(log_.enabled(Level::debug));
  log_.set_least(Level::debug);
  log_.write(Level::debug, "more");
  EXPECT_THAT(lines_, ElementsAre("more"));
}

TEST_F(ErrorLogTest, LeavesErrnoAsItWas) {
  errno = EBADF;
  log_.write(Level::info, "hello");
  EXPECT_EQ(errno, EBADF);
}

TEST_F(ErrorLogTest, HoldsBackWhatRepeatsItself) {
  for (int time = 0; time < 15; ++time) log_.write(Level::info, "again " + std::to_string(time));
  EXPECT_EQ(lines_.size(), 10U);
  EXPECT_EQ(log_.tell_repetitions(), virtual_now + 10s);
  virtual_now += 10s;
  EXPECT_EQ(log_.tell_repetitions(), std::nullopt);
  EXPECT_EQ(lines_.size(), 11U);
  EXPECT_THAT(lines_.back(), HasSubstr("repeated 5 more times"));
}

TEST_F(ErrorLogTest, TellsAllAtTheEnd) {
  for (int time = 0; time < 11; ++time) log_.write(Level::info, "again");
  lines_.clear();
  log_.tell_repetitions();
  EXPECT_THAT(lines_, IsEmpty());
  log_.tell_repetitions(true);
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("repeated 1 more time")));
}

}  // namespace
}  // namespace kirsch::base
