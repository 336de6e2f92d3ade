// Each of the days before a certificate's end is said once.
#include "server/expiry_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kirsch::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::time_t day = 24 * 60 * 60;

class Lines final : public base::Log {
 public:
  void write(base::Level, std::string_view line) noexcept override { lines.emplace_back(line); }
  std::vector<std::string> take() { return std::exchange(lines, {}); }
  std::vector<std::string> lines;
};

TEST(ExpiryWatchTest, SaysEachDayOnce) {
  Lines log;
  ExpiryWatch watch(log);
  watch.set("main", {{"CN=a", 100 * day}});
  watch.look(60 * day);
  EXPECT_THAT(log.take(), IsEmpty());
  watch.look(70 * day);
  EXPECT_THAT(log.take(), ElementsAre(HasSubstr("'CN=a' of listener 'main' expires in 30 days")));
  watch.look(80 * day);
  EXPECT_THAT(log.take(), IsEmpty());
  watch.look(93 * day + 1);
  EXPECT_THAT(log.take(), ElementsAre(HasSubstr("expires in 6 days")));
  watch.look(99 * day + 1);
  watch.look(99 * day + 2);
  EXPECT_THAT(log.take(), ElementsAre(HasSubstr("less than a day")));
  watch.look(101 * day);
  watch.look(102 * day);
  EXPECT_THAT(log.take(), ElementsAre(HasSubstr("has expired")));
}

TEST(ExpiryWatchTest, SaysTheNearestOfSeveralOnly) {
  Lines log;
  ExpiryWatch watch(log);
  watch.set("main", {{"CN=a", 100 * day}});
  watch.look(98 * day);
  EXPECT_THAT(log.take(), ElementsAre(HasSubstr("expires in 2 days")));
}

TEST(ExpiryWatchTest, ANewCertificateBeginsAnew) {
  Lines log;
  ExpiryWatch watch(log);
  watch.set("main", {{"CN=a", 100 * day}});
  watch.look(98 * day);
  log.take();
  watch.set("main", {{"CN=a", 400 * day}});
  watch.look(98 * day);
  EXPECT_THAT(log.take(), IsEmpty());
}

}  // namespace
}  // namespace kirsch::server
