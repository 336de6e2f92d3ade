// What a loop remembers of routes: nothing that differs in one of the four that decide.
#include "pipeline/route_memory.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kirsch::pipeline {
namespace {

using Question = RouteMemory::Question;

Route route(std::uint16_t number) {
  Route one;
  one.instead = number;
  return one;
}

TEST(RouteMemory, KnowsWhatItWasToldLast) {
  RouteMemory memory;
  const Question question{7, 1, "a.example", "/x"};
  EXPECT_EQ(memory.find(question, 1), nullptr);
  memory.remember(question, route(1));
  memory.remember(question, route(2));
  ASSERT_NE(memory.find(question, 1), nullptr);
  EXPECT_EQ(memory.find(question, 1)->instead, 2);
}

TEST(RouteMemory, TellsApartGenerationsListenersHostsAndPaths) {
  RouteMemory memory;
  memory.remember({7, 1, "a.example", "/x"}, route(1));
  for (const auto& other :
       {Question{8, 1, "a.example", "/x"}, Question{7, 2, "a.example", "/x"}, Question{7, 1, "b.example", "/x"},
        Question{7, 1, "a.example", "/y"}, Question{7, 1, "a.example", "/xa"}, Question{7, 1, ".example", "/xa"},
        Question{7, 1, "", "/x"}, Question{0, 0, "", "/"}}) {
    EXPECT_EQ(memory.find(other, 1), nullptr) << other.host << other.path;
  }
}

// Host and path of a head that is said again are those of before.
TEST(RouteMemory, KnowsAHeadThatIsSaidAgain) {
  RouteMemory memory;
  const Question question{7, 1, "a.example", "/x"};
  memory.remember(question, route(1));
  EXPECT_EQ(memory.again(7, 1, 5), nullptr);
  ASSERT_NE(memory.find(question, 5), nullptr);
  ASSERT_NE(memory.again(7, 1, 5), nullptr);
  EXPECT_EQ(memory.again(7, 1, 5)->instead, 1);
  EXPECT_EQ(memory.again(8, 1, 5), nullptr);
  EXPECT_EQ(memory.again(7, 2, 5), nullptr);
  EXPECT_EQ(memory.again(7, 1, 6), nullptr);
  EXPECT_EQ(memory.find({7, 1, "a.example", "/y"}, 6), nullptr);
  EXPECT_NE(memory.again(7, 1, 5), nullptr);
}

TEST(RouteMemory, AnswersOfManyPathsOnlyWithTheirOwn) {
  RouteMemory memory;
  std::vector<std::string> paths;
  for (int number = 0; number < 1000; ++number) paths.push_back("/item/" + std::to_string(number));
  std::size_t known = 0;
  for (int round = 0; round < 2; ++round) {
    for (std::uint16_t number = 0; number < paths.size(); ++number) {
      const Question question{1, 0, "a", paths[number]};
      if (const Route* found = memory.find(question, 1)) {
        EXPECT_EQ(found->instead, number);
        ++known;
      }
      memory.remember(question, route(number));
      ASSERT_NE(memory.find(question, 1), nullptr);
    }
  }
  EXPECT_LE(known, 64U);
}

TEST(RouteMemory, LeavesOutWhatIsLong) {
  RouteMemory memory;
  const std::string path(73, '/');
  memory.remember({1, 0, "", path}, route(1));
  EXPECT_EQ(memory.find({1, 0, "", path}, 1), nullptr);
  memory.remember({1, 0, "", path.substr(1)}, route(1));
  EXPECT_NE(memory.find({1, 0, "", path.substr(1)}, 1), nullptr);
}

}  // namespace
}  // namespace kirsch::pipeline
