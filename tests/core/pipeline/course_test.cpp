// The order of hooks, without a server: which steps run, and where each kind of failure leads.
#include "pipeline/course.h"

#include <gmock/gmock.h>

#include <map>

namespace kirsch::pipeline {
namespace {

// A course needs a plan, and a plan modules; the real path is tested over the wire. Here a plan of steps is made by
// hand.
class CourseTest : public testing::Test {
 protected:
  std::vector<std::string> walk(Course& course, const std::map<std::string, Outcome>& outcomes = {}) {
    std::vector<std::string> seen;
    for (int guard = 0; guard < 100; ++guard) {
      const Step* step = course.step();
      const Stage stage = course.stage();
      const bool handler = stage == Stage::handler;
      if (stage == Stage::done) return seen;
      if (step == nullptr && !handler) {
        seen.push_back(milestone(stage));
        course.advance();
        continue;
      }
      const std::string name = step != nullptr ? std::string(word(stage)) : "no handler";
      seen.push_back(name);
      const auto outcome = outcomes.find(name);
      course.settle(outcome == outcomes.end() ? Outcome::next : outcome->second);
    }
    return {"endless"};
  }
  static std::string milestone(Stage stage) {
    switch (stage) {
      case Stage::body:
        return "[body]";
      case Stage::head:
        return "[head]";
      case Stage::leave:
        return "[leave]";
      case Stage::error_page:
        return "[page]";
      default:
        return "[?]";
    }
  }

  const Plan empty_{{}, nullptr, 0};
};

TEST_F(CourseTest, an_empty_plan_passes_every_milestone_and_a_missing_handler) {
  Course course;
  course.start(empty_);
  EXPECT_THAT(walk(course, {{"no handler", Outcome::http_error}}),
              testing::ElementsAre("[body]", "no handler", "[head]", "[leave]"));
}

TEST_F(CourseTest, a_rejected_message_makes_the_page_and_never_reads_a_body) {
  Course course;
  course.start_rejected(empty_);
  EXPECT_THAT(walk(course), testing::ElementsAre("[page]", "[head]", "[leave]"));
}

TEST_F(CourseTest, a_fault_of_the_body_makes_the_page) {
  Course course;
  course.start(empty_);
  EXPECT_EQ(course.step(), nullptr);
  ASSERT_EQ(course.stage(), Stage::body);
  course.fail_body(Outcome::unexpected);
  EXPECT_THAT(walk(course), testing::ElementsAre("[page]", "[head]", "[leave]"));
}

TEST_F(CourseTest, an_http_error_while_the_body_streams_goes_to_the_answer) {
  Course course;
  course.start(empty_);
  EXPECT_EQ(course.step(), nullptr);
  course.fail_body(Outcome::http_error);
  EXPECT_THAT(walk(course), testing::ElementsAre("[head]", "[leave]"));
}

TEST_F(CourseTest, a_client_that_goes_leaves_only_the_end) {
  Course course;
  course.start(empty_);
  EXPECT_EQ(course.step(), nullptr);
  course.leave();
  EXPECT_THAT(walk(course), testing::IsEmpty());
  course.leave();
  EXPECT_EQ(course.stage(), Stage::done);
}

}  // namespace
}  // namespace kirsch::pipeline
