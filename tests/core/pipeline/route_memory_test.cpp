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
  const Question question{7, 1, 1, "a.example", "/x"};
  EXPECT_EQ(memory.find(question), nullptr);
  memory.remember(question, route(1));
  memory.remember(question, route(2));
  ASSERT_NE(memory.find(question), nullptr);
  EXPECT_EQ(memory.find(question)->instead, 2);
}

TEST(RouteMemory, TellsApartGenerationsListenersHostsAndPaths) {
  RouteMemory memory;
  memory.remember({7, 1, 1, "a.example", "/x"}, route(1));
  for (const auto& other : {Question{8, 1, 2, "a.example", "/x"}, Question{7, 2, 2, "a.example", "/x"},
                            Question{7, 1, 2, "b.example", "/x"}, Question{7, 1, 2, "a.example", "/y"},
                            Question{7, 1, 2, "a.example", "/xa"}, Question{7, 1, 2, ".example", "/xa"},
                            Question{7, 1, 2, "", "/x"}, Question{0, 0, 2, "", "/"}}) {
    EXPECT_EQ(memory.find(other), nullptr) << other.host << other.path;
  }
}

// Where the head is the one that was asked for last, host and path are not looked at.
TEST(RouteMemory, KnowsAHeadThatIsSaidAgain) {
  RouteMemory memory;
  memory.remember({7, 1, 1, "a.example", "/x"}, route(1));
  EXPECT_EQ(memory.find({7, 1, 2, "", "/other"}), nullptr);
  ASSERT_NE(memory.find({7, 1, 1, "a.example", "/x"}), nullptr);
  ASSERT_NE(memory.find({7, 1, 1, "", "/other"}), nullptr);
  EXPECT_EQ(memory.find({7, 1, 2, "", "/other"}), nullptr);
  EXPECT_EQ(memory.find({8, 1, 1, "", "/other"}), nullptr);
  EXPECT_EQ(memory.find({7, 2, 1, "", "/other"}), nullptr);
}

TEST(RouteMemory, AnswersOfManyPathsOnlyWithTheirOwn) {
  RouteMemory memory;
  std::vector<std::string> paths;
  for (int number = 0; number < 1000; ++number) paths.push_back("/item/" + std::to_string(number));
  std::size_t known = 0;
  for (int round = 0; round < 2; ++round) {
    for (std::uint16_t number = 0; number < paths.size(); ++number) {
      const Question question{1, 0, std::uint64_t{1} + number, "a", paths[number]};
      if (const Route* found = memory.find(question)) {
        EXPECT_EQ(found->instead, number);
        ++known;
      }
      memory.remember(question, route(number));
      ASSERT_NE(memory.find(question), nullptr);
    }
  }
  EXPECT_LE(known, 64U);
}

TEST(RouteMemory, LeavesOutWhatIsLong) {
  RouteMemory memory;
  const std::string path(73, '/');
  memory.remember({1, 0, 1, "", path}, route(1));
  EXPECT_EQ(memory.find({1, 0, 1, "", path}), nullptr);
  memory.remember({1, 0, 1, "", path.substr(1)}, route(1));
  EXPECT_NE(memory.find({1, 0, 1, "", path.substr(1)}), nullptr);
}

}  // namespace
}  // namespace kirsch::pipeline
