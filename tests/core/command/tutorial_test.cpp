// The tutorial for authors is true: what it shows is what is made, and its module passes the tests that it shows.
#include <gmock/gmock.h>

#include "support/markdown.h"
#include "workshop.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

TEST(Tutorial, ShowsWhatIsMadeAndTestsThatItsModulePasses) {
  std::vector<std::string> modules, tests;
  for (const auto& block : blocks(contents_of(source_folder() / "core/sdk/tutorial.md"))) {
    if (block.language != "cpp") continue;
    (block.text.find("KIRSCH_MODULE") != std::string::npos ? modules : tests).push_back(block.text);
  }
  ASSERT_EQ(modules.size(), 2u);
  ASSERT_EQ(tests.size(), 1u);
  const Workshop workshop;
  ASSERT_EQ(workshop.run(".", {"module", "new", "greeter"}).exit_code, 0);
  EXPECT_EQ(contents_of(workshop / "greeter/greeter.cpp"), modules.front());
  std::ofstream(workshop / "greeter/greeter.cpp") << modules.back();
  std::ofstream(workshop / "greeter/greeter_test.cpp") << tests.front();
  const auto tested = workshop.run("greeter", {"module", "test"});
  EXPECT_EQ(tested.exit_code, 0) << tested.err;
  EXPECT_THAT(tested.out, HasSubstr("[  PASSED  ] 3 tests."));
}

}  // namespace
}  // namespace kirsch::test
