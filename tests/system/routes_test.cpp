// What `kirsch routes` says of values that consist of others: each part with the line that gave it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/folder.h"
#include "support/kirsch.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RouteValues : public ::testing::Test {
 protected:
  RouteValues() {
    folder_.write("conf.d/one/more.yaml", "pipelines: { one: { secureheaders: { frame_options: DENY } } }\n");
    folder_.write("conf.d/two/more.yaml", "pipelines: { two: { secureheaders: { hsts: { max_age: 1d } } } }\n");
    folder_.write("kirsch.yaml", R"(version: 1
plugins: { path: [")" + (build_folder() / "sample").string() +
                                     R"("] }
include: conf.d/*/more.yaml
listeners: { web: { bind: "127.0.0.1:0" } }
tools:
  sessions:
    storage:
      redis: { url: "redis://u:PW@h", pool: 7 }
  gate: { realm: r, allow: [10.0.0.0/8], users: { ann: a } }
  compress: { types: [a, b], level: lax }
paths:
  /: { handler: { websocket: { app: { chat: {} } } } }
  /in/:
    tools:
      use: [one, two]
      sessions: { storage: { redis: { pool: 9 } } }
      gate:
        users: { bob: b }
        allow:
          - 10.0.0.0/8
          - 192.0.2.1
      compress: { level: 3 }
)");
  }

  std::string routes(const std::vector<std::string>& arguments) const {
    std::vector<std::string> whole{"routes", "-c", (folder_.path() / "kirsch.yaml").string()};
    whole.insert(whole.end(), arguments.begin(), arguments.end());
    const auto result = run_kirsch(whole);
    return result.out + result.err;
  }

 private:
  const TemporaryFolder folder_;
};

std::string line(const std::string& text, const std::string& place) {
  return text + std::string(text.size() < 50 ? 50 - text.size() : 0, ' ') + "  " + place + "\n";
}

TEST_F(RouteValues, are_shown_part_by_part_with_the_lines_that_gave_them) {
  const auto said = routes({"/in/x"});
  EXPECT_THAT(said, HasSubstr(line("  sessions", "kirsch.yaml:16") + line("    storage", "kirsch.yaml:16") +
                              line("      redis", "kirsch.yaml:16") + line("        url: ***", "kirsch.yaml:8") +
                              line("        pool: 9", "kirsch.yaml:16")));
  EXPECT_THAT(said, HasSubstr(line("    allow", "kirsch.yaml:20") + line("      - 10.0.0.0/8", "kirsch.yaml:20") +
                              line("      - 192.0.2.1", "kirsch.yaml:21") + line("    users", "kirsch.yaml:18") +
                              line("      ann: ***", "kirsch.yaml:9") + line("      bob: ***", "kirsch.yaml:18")));
  EXPECT_THAT(said, HasSubstr(line("    types: [a, b]", "kirsch.yaml:10") + line("    level: 3", "kirsch.yaml:22")))
      << "what stands on one line takes one";
  EXPECT_THAT(said, Not(HasSubstr("PW")));
}

TEST_F(RouteValues, of_a_provider_that_says_nothing_are_its_name) {
  EXPECT_THAT(routes({"/"}),
              HasSubstr(line("            app", "kirsch.yaml:12") + line("              chat: {}", "kirsch.yaml:12")));
  EXPECT_THAT(routes({"/", "--defaults"}),
              HasSubstr(line("              chat", "kirsch.yaml:12") + line("                history: 50", "default")));
}

TEST_F(RouteValues, of_files_with_one_name_are_told_apart) {
  EXPECT_THAT(routes({"/in/x"}), AllOf(HasSubstr(line("    frame_options: DENY", "conf.d/one/more.yaml:1")),
                                       HasSubstr(line("      max_age: 1d", "conf.d/two/more.yaml:1"))));
}

TEST_F(RouteValues, are_objects_for_programs) {
  std::string said = routes({"--json", "/in/x"});
  std::erase_if(said, [](char byte) { return byte == ' ' || byte == '\n'; });
  EXPECT_THAT(said, HasSubstr(R"("provider":"redis","options":{"url":{"value":"***","origin":"kirsch.yaml:8"},)"
                              R"("pool":{"value":"9","origin":"kirsch.yaml:16"}})"));
  EXPECT_THAT(said, HasSubstr(R"("items":[{"value":"10.0.0.0/8","origin":"kirsch.yaml:20"},)"
                              R"({"value":"192.0.2.1","origin":"kirsch.yaml:21"}])"));
  EXPECT_THAT(said, HasSubstr(R"("entries":{"ann":{"value":"***","origin":"kirsch.yaml:9"},)"
                              R"("bob":{"value":"***","origin":"kirsch.yaml:18"}})"));
}

}  // namespace
}  // namespace kirsch::test
