// Files that include others, and what is refused of them.
#include "config/include.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "folder.h"
#include "sample.h"

namespace kirsch::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string head = "version: 1\ninclude: conf.d/*.yaml\n";

Configuration read(const std::filesystem::path& path) {
  static const SampleCatalogue catalogue;
  return compile(Document::from_file(path), catalogue);
}

// "file:line:column code message | note | help" of each error, the folder left out.
std::vector<std::string> refusals(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  const auto relative = [&](std::string text) {
    const std::string folder = path.parent_path().string() + "/";
    for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder))
      text.erase(at, folder.size());
    return text;
  };
  try {
    read(path);
  } catch (const base::Refusal& refusal) {
    for (const base::Diagnostic& one : refusal.diagnostics())
      if (one.severity == base::Severity::error)
        lines.push_back(relative(one.position->file + ":" + std::to_string(one.position->line) + ":" +
                                 std::to_string(one.position->column) + " " + one.code + " " + one.message + " | " +
                                 one.note + " | " + one.help));
  }
  return lines;
}

TEST(Include, JoinsMappingsByNameAndSitesInOrderOfTheFiles) {
  const Folder folder;
  const auto main = folder.file("kirsch.yaml", head +
                                                   "listeners: { a: { bind: \"127.0.0.1:0\" } }\n"
                                                   "tools: { use: [zip] }\nsites: [{ hosts: [main] }]\n");
  folder.file("conf.d/20.yaml", "sites: [{ hosts: [second], paths: { /: { handler: { static: { root: www } } } } }]\n");
  folder.file("conf.d/10.yaml",
              "version: 1\nlisteners: { b: { bind: \"127.0.0.1:0\" } }\n"
              "sites: [{ hosts: [first] }]\npipelines: { zip: { compress: {} } }\n");
  folder.file("conf.d/30.yaml", "# nothing yet\n");
  folder.file("conf.d/.hidden.yaml", "nonsense: 1\n");
  const Configuration made = read(main);
  ASSERT_EQ(made.sites.size(), 3U);
  EXPECT_EQ(made.sites[0].hosts[0].name, "main");
  EXPECT_EQ(made.sites[1].hosts[0].name, "first");
  EXPECT_EQ(made.sites[2].hosts[0].name, "second");
  EXPECT_EQ(made.listeners.size(), 2U);
  EXPECT_NE(tool_of(path_of(made, "/", 1), "compress"), nullptr);
  // Relative to the file it stands in.
  const base::Value& options = *path_of(made, "/", 2).handler->options;
  EXPECT_EQ(std::get<std::string>(std::get<base::Structure>(options.data).values[0].data),
            (folder.path() / "conf.d/www").string());
}

TEST(Include, FollowsNamesListsVariablesAndFilesThatIncludeOthers) {
  const Folder folder;
  ::setenv("KIRSCH_TEST_PART", "b", 1);
  const auto main = folder.file("kirsch.yaml",
                                "version: 1\ninclude: [a.yaml, \"${KIRSCH_TEST_PART}.yaml\"]\n"
                                "listeners: { web: { bind: \"127.0.0.1:0\" } }\n");
  folder.file("a.yaml", "include: deep/c.yaml\n");
  folder.file("b.yaml", "tools: { compress: {} }\n");
  folder.file("deep/c.yaml", "paths: { /: { handler: { respond: {} } } }\n");
  const Configuration made = read(main);
  EXPECT_EQ(path_of(made, "/").handler->name, "respond");
  EXPECT_EQ(path_of(made, "/").tools.size(), 1U);
}

TEST(Include, SaysBothPlacesOfWhatStandsInTwoFiles) {
  const Folder folder;
  const auto main = folder.file("kirsch.yaml", head + "listeners:\n  web: { bind: \"127.0.0.1:0\" }\nlogs: {}\n");
  folder.file("conf.d/a.yaml", "listeners:\n  web: { bind: \"127.0.0.1:1\" }\n");
  folder.file("conf.d/b.yaml", "version: 2\nsites: {}\n");
  folder.file("conf.d/c.yaml", "sites: []\n");
  EXPECT_THAT(
      refusals(main),
      ElementsAre("conf.d/a.yaml:2:3 C022 'web' of 'listeners' stands in two files | first at kirsch.yaml:4:3 | "
                  "remove one of them",
                  HasSubstr("conf.d/b.yaml:1:1 C022 'version' stands in two files | first at kirsch.yaml:1:1"),
                  HasSubstr("conf.d/c.yaml:1:1 C022 'sites' stands in two files | first at conf.d/b.yaml:2:1")));
}

TEST(Include, ReportsTheFirstSyntaxErrorOfEachFile) {
  const Folder folder;
  const auto main = folder.file("kirsch.yaml", head + "tools: { a: {}, a: {} }\n");
  folder.file("conf.d/a.yaml", "tools: [\n");
  folder.file("conf.d/b.yaml", "\ttools: {}\n\tsites: {}\n");
  // A file that is no YAML says nothing of what it includes.
  EXPECT_THAT(refusals(main), ElementsAre(HasSubstr("kirsch.yaml:3:17 C007")));
  folder.file("kirsch.yaml", head);
  EXPECT_THAT(refusals(main), ElementsAre(HasSubstr("conf.d/a.yaml:1:8 C006"), HasSubstr("conf.d/b.yaml:1:1 C005")));
}

TEST(Include, ReportsSchemaErrorsOfAllFilesAtOnce) {
  const Folder folder;
  const auto main = folder.file("kirsch.yaml", head + "server: { workers: many }\n");
  folder.file("conf.d/a.yaml", "listeners: { web: { bind: nowhere } }\n");
  folder.file("conf.d/b.yaml", "sites: [{ hosts: [a] }, { hosts: [a] }]\ntool: {}\n");
  EXPECT_THAT(refusals(main), ElementsAre(HasSubstr("conf.d/a.yaml:1:27 C024"), HasSubstr("conf.d/b.yaml:2:1 C011"),
                                          HasSubstr("kirsch.yaml:3:20 C014")));
}

TEST(Include, SaysInWhichFileAHostWasClaimedFirst) {
  const Folder folder;
  const auto main = folder.file("kirsch.yaml", head + "listeners: { web: { bind: \"127.0.0.1:0\" } }\n");
  folder.file("conf.d/a.yaml", "sites: [{ hosts: [x] }]\n");
  folder.file("conf.d/b.yaml", "sites: [{ hosts: [y, x] }]\n");
  EXPECT_THAT(refusals(main),
              ElementsAre(HasSubstr("conf.d/b.yaml:1:22 C022 host 'x' is claimed twice on one listener | "
                                    "first at conf.d/a.yaml:1:19")));
}

TEST(Include, RefusesWhatIsNotThereTwiceCyclicOrNoFile) {
  const Folder folder;
  folder.file("part.yaml", "tools: {}\n");
  folder.file("list.yaml", "[]\n");
  folder.file("cycle.yaml", "include: kirsch.yaml\n");
  const auto refused = [&](const std::string& names) {
    return refusals(folder.file("kirsch.yaml", "version: 1\ninclude: " + names + "\n"));
  };
  EXPECT_THAT(refused("absent.yaml"),
              ElementsAre(HasSubstr("kirsch.yaml:2:10 C001 'absent.yaml' cannot be included: it "
                                    "is not there")));
  EXPECT_THAT(refused("[part.yaml, ./part.yaml]"),
              ElementsAre(HasSubstr("kirsch.yaml:2:22 C022 'part.yaml' is included twice | first at 2:11")));
  EXPECT_THAT(refused("cycle.yaml"), ElementsAre(HasSubstr("cycle.yaml:1:10 C022 'kirsch.yaml' includes itself")));
  EXPECT_THAT(refused("\"*.yaml\""), testing::Contains(HasSubstr("'kirsch.yaml' includes itself")));
  EXPECT_THAT(refused("list.yaml"), ElementsAre(HasSubstr("list.yaml:1:1 C014 an included file wants a mapping")));
  EXPECT_THAT(refused("{ a: b }"), ElementsAre(HasSubstr("kirsch.yaml:2:10 C014 'include' wants names of files")));
  EXPECT_THAT(refused("\"${KIRSCH_TEST_UNSET}\""), ElementsAre(HasSubstr("kirsch.yaml:2:10 C016")));
  folder.file("dir/x.yaml", "");
  EXPECT_THAT(refused("dir"), ElementsAre(HasSubstr("kirsch.yaml:2:10 C001 'dir' is a directory | ")));
  EXPECT_THAT(refused("none/*.yaml"), ElementsAre(HasSubstr("C013 the configuration needs the key 'listeners'")));
}

TEST(Include, EndsAtADepthOfEight) {
  const Folder folder;
  for (int depth = 1; depth < 9; ++depth)
    folder.file(std::to_string(depth) + ".yaml", "include: " + std::to_string(depth + 1) + ".yaml\n");
  folder.file("9.yaml", "");
  const auto main = folder.file("kirsch.yaml", "version: 1\ninclude: 1.yaml\n");
  EXPECT_THAT(refusals(main),
              ElementsAre(HasSubstr("8.yaml:1:10 C003 files include each other more than 8 levels deep")));
}

TEST(Include, RefusesAFolderThatEverybodyMayFill) {
  const Folder folder;
  const auto main = folder.file("kirsch.yaml", head);
  folder.file("conf.d/a.yaml", "");
  ::chmod((folder.path() / "conf.d").c_str(), 0777);
  EXPECT_THAT(refusals(main), ElementsAre(HasSubstr("kirsch.yaml:2:10 C002 everybody may put files into 'conf.d'")));
}

}  // namespace
}  // namespace kirsch::config
