// `match` of paths: what is read, which paths come of alternatives, and what is never reached.
#include "config/match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample.h"

namespace kirsch::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "/pattern [GET HEAD] >1 (respond)": its methods, which path is tried otherwise, its handler.
std::vector<std::string> paths_of(const Configuration& configuration) {
  std::vector<std::string> lines;
  for (const Path& path : configuration.sites.at(0).paths) {
    std::string line = path.pattern;
    for (const Match& match : path.matches) {
      std::string methods;
      for (const std::string& name : match.methods) methods += (methods.empty() ? "" : " ") + name;
      line += " [" + methods + "]";
    }
    if (path.otherwise) line += " >" + std::to_string(*path.otherwise);
    if (path.handler) line += " (" + path.handler->name + ")";
    lines.push_back(line + (path.first ? "" : " again"));
  }
  return lines;
}

std::vector<std::string> warnings_of(const Configuration& configuration) {
  std::vector<std::string> messages;
  for (const base::Diagnostic& one : configuration.warnings)
    messages.push_back(std::to_string(one.position->line) + ": " + one.message + " | " + one.note);
  return messages;
}

TEST(Match, ReadsMethodsClientsAndHeaders) {
  const Configuration made = compiled(R"(
paths:
  /: { match: { methods: [GET], clients: [10.0.0.0/8, "::1"], headers: { X-Beta: "1", Cookie: false, Accept: true } } }
)");
  const Match& match = path_of(made, "/").matches.at(0);
  EXPECT_THAT(match.methods, ElementsAre("GET", "HEAD"));
  ASSERT_EQ(match.clients.size(), 2U);
  EXPECT_EQ(match.clients[0].back(), 96 + 8);
  ASSERT_EQ(match.headers.size(), 3U);
  EXPECT_EQ(match.headers[0].value, "1");
  EXPECT_FALSE(match.headers[1].present);
  EXPECT_TRUE(match.headers[2].present && !match.headers[2].value);
}

TEST(Match, MakesAPathOfEachAlternativeAndTriesTheNearestPrefixLast) {
  const Configuration made = compiled(R"(
paths:
  /: { handler: { static: { root: / } } }
  /api/:
    - { match: { methods: [GET] }, handler: { respond: {} } }
    - { match: { methods: [POST] }, handler: { websocket: { app: { chat: {} } } } }
)");
  EXPECT_THAT(paths_of(made),
              ElementsAre("/ (static)", "/api/ [GET HEAD] >2 (respond)", "/api/ [POST] >0 (websocket) again"));
}

TEST(Match, NarrowsEverythingBelowToo) {
  const Configuration made = compiled(R"(
paths:
  /staff/: { match: { methods: [GET] }, tools: { compress: {} } }
  /staff/list: { handler: { respond: {} } }
)");
  EXPECT_THAT(paths_of(made), ElementsAre("/staff/ [GET HEAD]", "/staff/list [GET HEAD] >0 (respond)", "/"));
  EXPECT_NE(tool_of(path_of(made, "/staff/list"), "compress"), nullptr);
}

TEST(Match, CombinesAlternativesOfSeveralLevelsOutermostFirst) {
  const Configuration made = compiled(R"(
paths:
  /a/:
    - { match: { methods: [GET] }, tools: { compress: {} } }
    - { handler: { respond: {} } }
  /a/b:
    - { match: { methods: [GET] } }
    - { match: { methods: [POST] } }
)");
  EXPECT_THAT(paths_of(made), ElementsAre("/a/ [GET HEAD] >1", "/a/ (respond) again", "/a/b [GET HEAD] [GET HEAD] >3",
                                          "/a/b [GET HEAD] [POST] >4 again", "/a/b [GET HEAD] >5 (respond) again",
                                          "/a/b [POST] >0 (respond) again", "/"));
}

TEST(Match, WarnsOfAlternativesThatAreNeverReached) {
  const Configuration made = compiled(R"(
paths:
  /:
    - { handler: { respond: {} } }
    - { match: { methods: [GET] }, handler: { respond: {} } }
  /a/:
    - { match: { clients: [10.0.0.0/8] }, handler: { respond: {} } }
    - { match: { clients: [10.1.0.0/16], methods: [GET] }, handler: { respond: {} } }
)");
  EXPECT_THAT(warnings_of(made), ElementsAre(HasSubstr("7: this alternative is never reached | all that it matches is "
                                                       "answered before: first at 6:7"),
                                             HasSubstr("10: this alternative is never reached")));
}

TEST(Match, WarnsOfPathsThatContradictAPrefix) {
  const Configuration made = compiled(R"(
paths:
  /a/: { match: { methods: [GET] }, handler: { respond: {} } }
  /a/b: { match: { methods: [POST] }, handler: { respond: {} } }
  /c/: { match: { clients: [10.0.0.0/8] }, handler: { respond: {} } }
  /c/d: { match: { clients: [192.168.0.0/16] }, handler: { respond: {} } }
)");
  EXPECT_THAT(warnings_of(made), ElementsAre(HasSubstr("6: '/a/b' is never reached | a prefix above it demands"),
                                             HasSubstr("8: '/c/d' is never reached")));
}

TEST(Match, CoversWhatDemandsMore) {
  const Match any;
  Match get, get_beta, inner, outer;
  get.methods = {"GET", "HEAD"};
  get_beta = get;
  get_beta.headers = {{"X-Beta", "1", true}};
  outer.clients = {std::string("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\0", 16) + char(96 + 8)};
  inner.clients = {std::string("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x80\0\0", 16) + char(96 + 9)};
  EXPECT_TRUE(covers(any, get));
  EXPECT_FALSE(covers(get, any));
  EXPECT_TRUE(covers(get, get_beta));
  EXPECT_FALSE(covers(get_beta, get));
  EXPECT_TRUE(covers(outer, inner));
  EXPECT_FALSE(covers(inner, outer));
  EXPECT_FALSE(contradict(inner, outer));
}

}  // namespace
}  // namespace kirsch::config
