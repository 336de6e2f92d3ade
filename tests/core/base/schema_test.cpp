// Limits of options, which are kept as doubles.
#include "base/schema.h"

#include <gtest/gtest.h>

namespace kirsch::base {
namespace {

TEST(WholeLimit, IsTheNearestInteger) {
  EXPECT_EQ(whole_limit(-3.0), -3);
  EXPECT_EQ(whole_limit(9223372036854775808.0), INT64_MAX);
  EXPECT_EQ(whole_limit(-1e300), INT64_MIN);
}

}  // namespace
}  // namespace kirsch::base
