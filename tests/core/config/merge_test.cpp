// Which tools with which options a path gets from the levels around it.
#include "config/merge.h"

#include <gtest/gtest.h>

#include "sample.h"

namespace kirsch::config {
namespace {

std::string tools_of(const Path& path) {
  std::string result;
  for (const ToolUse& use : path.tools) result += (result.empty() ? "" : " ") + use.name + spelled(*use.options);
  return result;
}

TEST(Merge, GoesFromTheTopOverTheSiteAndPrefixesToThePath) {
  const Configuration made = compiled(R"(
tools: { compress: { level: 1, least: 1 } }
sites:
  - hosts: [a.example]
    tools: { compress: { level: 2 } }
    paths:
      /a/b/c: { tools: { compress: { level: 5 } } }
      /a/b/: { tools: { compress: { level: 4 } } }
      /a/: { tools: { compress: { level: 3, least: 2 } } }
      /a/b/d: {}
      /e: {}
)");
  EXPECT_EQ(tools_of(path_of(made, "/a/b/c")), "compress([text/html], #1 5, 2)");
  EXPECT_EQ(tools_of(path_of(made, "/a/b/d")), "compress([text/html], #1 4, 2)");
  EXPECT_EQ(tools_of(path_of(made, "/a/")), "compress([text/html], #1 3, 2)");
  EXPECT_EQ(tools_of(path_of(made, "/e")), "compress([text/html], #1 2, 1)");
  EXPECT_EQ(tools_of(path_of(made, "/")), "compress([text/html], #1 2, 1)");
}

TEST(Merge, UsesSetsInOrderBeforeOwnKeys) {
  const Configuration made = compiled(R"(
pipelines:
  one: { compress: { level: 1, least: 1 }, sessions: {} }
  two: { compress: { level: 2 } }
paths:
  /: { tools: { compress: { least: 3 }, use: [one, two] } }
)");
  EXPECT_EQ(tools_of(path_of(made, "/")), "compress([text/html], #1 2, 3) sessions(1200000000000, false, 1, memory())");
}

TEST(Merge, ReplacesListsAndMergesMappingsKeyByKey) {
  const Configuration made = compiled(R"(
tools:
  compress: { types: [a, b] }
  gate: { realm: x, users: { ann: one, bob: two } }
  secureheaders: { hsts: { max_age: 1d } }
paths:
  /: { tools: { compress: { types: [c] }, gate: { users: { bob: three } }, secureheaders: { hsts: { preload: true } } } }
  /plain: { tools: { secureheaders: { hsts: off } } }
)");
  EXPECT_EQ(
      tools_of(path_of(made, "/")),
      "compress([c], #1 5, 1024) gate([], {ann: one, bob: three}, x) secureheaders(DENY, (86400000000000, true))");
  EXPECT_EQ(spelled(*tool_of(path_of(made, "/plain"), "secureheaders")->options), "(DENY, off)");
}

TEST(Merge, ReplacesAProviderByAnotherAndMergesTheSame) {
  const Configuration made = compiled(R"(
tools: { sessions: { storage: { redis: { url: "redis://a", pool: 7 } } } }
paths:
  /: { tools: { sessions: { storage: { redis: { pool: 9 } } } } }
  /memory: { tools: { sessions: { storage: { memory: {} } } } }
)");
  EXPECT_NE(tools_of(path_of(made, "/")).find("redis(redis://a, 9)"), std::string::npos);
  EXPECT_NE(tools_of(path_of(made, "/memory")).find("memory()"), std::string::npos);
}

TEST(Merge, RemovesWithOffAndSwitchesWithOn) {
  const Configuration made = compiled(R"(
tools: { compress: { level: 9 }, sessions: {} }
paths:
  /: {}
  /off/: { tools: { compress: off } }
  /off/again: { tools: { compress: {} } }
  /idle/: { tools: { compress: { on: false } } }
  /idle/again: { tools: { compress: { on: true } } }
)");
  EXPECT_EQ(path_of(made, "/").tools.size(), 2U);
  EXPECT_EQ(tool_of(path_of(made, "/off/"), "compress"), nullptr);
  EXPECT_EQ(spelled(*tool_of(path_of(made, "/off/again"), "compress")->options), "([text/html], #1 5, 1024)");
  EXPECT_EQ(tool_of(path_of(made, "/idle/"), "compress"), nullptr);
  EXPECT_EQ(spelled(*tool_of(path_of(made, "/idle/again"), "compress")->options), "([text/html], #1 9, 1024)");
}

TEST(Merge, StartsAgainWithReset) {
  const Configuration made = compiled(R"(
tools: { compress: { level: 9, least: 7, priority: 20 } }
paths: { /: { tools: { compress: { reset: true, level: 2 } } } }
)");
  const ToolUse* use = tool_of(path_of(made, "/"), "compress");
  EXPECT_EQ(spelled(*use->options), "([text/html], #1 2, 1024)");
  EXPECT_EQ(use->priority, std::nullopt);
}

TEST(Merge, KeepsThePriorityOfTheInnermostLevel) {
  const Configuration made = compiled(R"(
tools: { compress: { priority: 20 }, sessions: {} }
paths: { /: { tools: { compress: { priority: 30 } } }, /a: {} }
)");
  EXPECT_EQ(tool_of(path_of(made, "/"), "compress")->priority, 30);
  EXPECT_EQ(tool_of(path_of(made, "/a"), "compress")->priority, 30);  // below /
  EXPECT_EQ(tool_of(path_of(made, "/"), "sessions")->priority, std::nullopt);
}

TEST(Merge, GivesTheSameObjectWhereTheSameLinesHold) {
  const Configuration made = compiled(R"(
tools: { sessions: { timeout: 5m } }
paths:
  /a: {}
  /b: { tools: { sessions: { priority: 3 } } }
  /c: { tools: { sessions: { timeout: 6m } } }
)");
  const auto options = [&](const char* path) { return tool_of(path_of(made, path), "sessions")->options; };
  EXPECT_EQ(options("/a"), options("/b"));
  EXPECT_NE(options("/a"), options("/c"));
}

TEST(Merge, TellsWhereEachValueStands) {
  const Configuration made =
      compiled("tools: { compress: { level: 1 } }\npaths:\n  /: { tools: { compress: { least: 1 } } }\n");
  const ToolUse* use = tool_of(path_of(made, "/"), "compress");
  EXPECT_EQ(use->origin.line, 5U);
  const auto& values = std::get<base::Structure>(use->options->data).values;
  EXPECT_EQ(values[0].origin.file, "");
  EXPECT_EQ(values[1].origin.line, 3U);
  EXPECT_EQ(values[2].origin.line, 5U);
}

TEST(Merge, TakesTheHandlerOfTheNearestLevel) {
  const Configuration made = compiled(R"(
paths:
  /v2/: { handler: { respond: { status: 201 } } }
  /v2/upload/: { tools: { sessions: {} } }
  /v2/exact: { handler: { static: { root: site } } }
  /v2: {}
  /other: {}
)");
  EXPECT_EQ(path_of(made, "/v2/upload/").handler->name, "respond");
  EXPECT_EQ(path_of(made, "/v2/upload/").handler->options, path_of(made, "/v2/").handler->options);
  EXPECT_EQ(spelled(*path_of(made, "/v2/exact").handler->options), "(/etc/kirsch/site)");
  EXPECT_FALSE(path_of(made, "/v2").handler.has_value());
  EXPECT_FALSE(path_of(made, "/other").handler.has_value());
}

TEST(Merge, AppliesPrefixesWithParameters) {
  const Configuration made = compiled(R"(
paths:
  /{user}/: { tools: { sessions: {} } }
  /me/x: {}
  /me/: { tools: { compress: {} } }
  /{user}: {}
  = /: {}
)");
  EXPECT_EQ(path_of(made, "/me/x").tools.size(), 2U);
  EXPECT_EQ(path_of(made, "/me/").tools.size(), 2U);
  EXPECT_EQ(path_of(made, "/{user}").tools.size(), 0U);
  EXPECT_EQ(path_of(made, "= /").tools.size(), 0U);
}

TEST(Merge, GivesEverySiteARoot) {
  const Configuration made =
      compiled("tools: { sessions: {} }\nsites:\n  - hosts: [a.example]\n    tools: { compress: {} }\n");
  ASSERT_EQ(made.sites.front().paths.size(), 1U);
  EXPECT_EQ(path_of(made, "/").tools.size(), 2U);
  EXPECT_EQ(path_of(made, "/").origin.line, 0U);
  EXPECT_FALSE(path_of(made, "/").handler.has_value());
}

TEST(Merge, WarnsOfPathsThatPassBesideTheToolsOfAPrefix) {
  const char* crossing = "paths:\n  /admin/: { tools: { sessions: {} } }\n  /{page}/x: {}\n";
  const Configuration made = compiled(crossing);
  ASSERT_EQ(made.warnings.size(), 1U);
  EXPECT_EQ(made.warnings[0].code, "C041");
  EXPECT_EQ(made.warnings[0].position->line, 5U);
  EXPECT_NE(made.warnings[0].message.find("'/admin/x'"), std::string::npos);
  EXPECT_TRUE(compiled(crossing + std::string("  /admin/x: {}\n")).warnings.empty());
}

TEST(Merge, WarnsOfPathsThatAnswerInsteadOfOthers) {
  const auto told = [](const std::string& paths) {
    std::string lines;
    for (const auto& warning : compiled("paths:\n" + paths).warnings)
      lines += warning.code + " " + warning.message + "\n";
    return lines;
  };
  const std::string prefix =
      "  /files/: { handler: { static: { root: x } } }\n  /{page}/x: { handler: { respond: {} } }\n";
  EXPECT_EQ(told(prefix), "C041 '/{page}/x' also answers '/files/x', instead of '/files/'\n");
  EXPECT_EQ(told(prefix + "  /files/x: {}\n"), "");
  const std::string exact = "  /u/{id}: { handler: { respond: {} } }\n  /{kind}/me: { handler: { respond: {} } }\n";
  EXPECT_EQ(told(exact), "C041 '/u/{id}' also answers '/u/me', instead of '/{kind}/me'\n");
  EXPECT_EQ(told(exact + "  /u/me: {}\n"), "");
  EXPECT_EQ(told("  /u/{id}: { handler: { respond: {} } }\n  /u/me: {}\n  /{a}/{b}: {}\n"), "")
      << "narrower, not across";
}

TEST(Merge, WarnsOfPipelinesThatNobodyUses) {
  const Configuration made = compiled("pipelines: { a: {}, b: {} }\npaths: { /: { tools: { use: [b] } } }\n");
  ASSERT_EQ(made.warnings.size(), 1U);
  EXPECT_EQ(made.warnings[0].message, "pipeline 'a' is used nowhere");
  EXPECT_EQ(made.warnings[0].severity, base::Severity::warning);
}

}  // namespace
}  // namespace kirsch::config
