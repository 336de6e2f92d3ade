// What is kept for the next use, and what goes back.
#include "base/spares.h"

#include <gtest/gtest.h>

namespace kirsch::base {
namespace {

int alive = 0;

struct Thing {
  Thing() { ++alive; }
  ~Thing() { --alive; }
};

const auto make = [] { return std::make_unique<Thing>(); };

void use(Spares<Thing>& spares, std::size_t at_once) {
  std::vector<Thing*> used;
  for (std::size_t count = 0; count < at_once; ++count) used.push_back(&spares.take(make));
  for (Thing* thing : used) spares.give(*thing);
}

TEST(Spares, AreTakenBeforeNewOnesAreMade) {
  Spares<Thing> spares(2);
  Thing& first = spares.take(make);
  spares.give(first);
  EXPECT_EQ(&spares.take(make), &first);
  EXPECT_EQ(alive, 1);
  spares.give(first);
}

TEST(Spares, KeepWhatTheLastTimeNeededAtOnce) {
  Spares<Thing> spares(2);
  use(spares, 100);
  EXPECT_TRUE(spares.many());
  EXPECT_EQ(spares.shed(), 0U) << "all were needed since the beginning";
  use(spares, 10);
  EXPECT_EQ(spares.shed(), 88U) << "90 were not, of which two may stay";
  EXPECT_EQ(alive, 12);
  use(spares, 12);
  EXPECT_EQ(alive, 12);
  EXPECT_EQ(spares.shed(), 0U);
  EXPECT_EQ(spares.shed(), 10U);
  EXPECT_FALSE(spares.many());
  EXPECT_EQ(spares.shed(), 0U);
}

TEST(Spares, OwnWhatIsNotInUse) {
  {
    Spares<Thing> spares(0);
    use(spares, 5);
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace kirsch::base
