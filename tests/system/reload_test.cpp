// A new configuration and new code come into use while the server serves; what cannot be served changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/client.h"
#include "support/editions.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The parameter: whether a keeper stands between.
class Reload : public ::testing::TestWithParam<std::string> {
 protected:
  static std::string yaml(const std::string& paths, const std::string& server = "") {
    return loopback("server: { keeper: " + GetParam() + (server.empty() ? "" : ", " + server) + " }\npaths: { " +
                    paths + " }\n");
  }
  static std::string answering(const std::string& word) {
    return yaml("/: { handler: { edition: { word: " + word + " } }, tools: { edition: { word: " + word + " } } }");
  }
};

void expect_edition(const Server& server, const std::string& text) {
  const auto response = get(server, "/");
  EXPECT_EQ(response.body, text);
  EXPECT_EQ(response.field("X-Edition"), text);
}

TEST_P(Reload, ServesNewCodeAndSaysWhatHasChanged) {
  Editions it(answering("a"));
  expect_edition(it.server(), "1 a");
  it.install("two");
  const auto reload = it.reload();
  EXPECT_EQ(reload.exit_code, 0) << reload.err;
  EXPECT_THAT(reload.out, AllOf(HasSubstr("serves generation 2\n"), HasSubstr("module edition: 1.0.0 (build "),
                                HasSubstr(" → 2.0.0 (build "), HasSubstr("path default /: changed")));
  expect_edition(it.server(), "2 a");
  it.install("one");
  EXPECT_EQ(it.reload().exit_code, 0);
  expect_edition(it.server(), "1 a");
}

TEST_P(Reload, ServesNewOptionsOfTheSameModule) {
  Editions it(answering("a"));
  it.write(answering("b"));
  const auto reload = it.reload();
  EXPECT_EQ(reload.exit_code, 0) << reload.err;
  EXPECT_THAT(reload.out, AllOf(HasSubstr("path default /: changed"), Not(HasSubstr("module"))));
  expect_edition(it.server(), "1 b");
}

TEST_P(Reload, OfWhatHasNotChangedSaysSo) {
  Editions it(answering("a"));
  EXPECT_THAT(it.reload().out, HasSubstr("nothing has changed"));
}

TEST_P(Reload, AddsAndRemovesSitesAndPaths) {
  Editions it(yaml("/: { handler: { edition: {} } }, /old: { handler: { edition: { word: old } } }"));
  EXPECT_EQ(get(it.server(), "/old").body, "1 old");
  it.write(loopback("server: { keeper: " + GetParam() +
                    " }\nsites:\n"
                    "  - { hosts: [default], paths: { /: { handler: { edition: {} } } } }\n"
                    "  - { hosts: [b.example], paths: { /new: { handler: { edition: { word: new } } } } }\n"));
  const auto reload = it.reload();
  EXPECT_EQ(reload.exit_code, 0) << reload.err;
  EXPECT_THAT(reload.out, AllOf(HasSubstr("site b.example: added"), HasSubstr("path default /old: removed")));
  EXPECT_EQ(get(it.server(), "/old").body, "1 none");
  EXPECT_EQ(get(it.server(), "/new", "Host: b.example\r\n").body, "1 new");
}

TEST_P(Reload, RehearsedSaysTheSameAndChangesNothing) {
  Editions it(answering("a"));
  it.write(answering("b"));
  it.install("two");
  const auto rehearsal = it.reload({"--dry-run"});
  EXPECT_EQ(rehearsal.exit_code, 0) << rehearsal.err;
  EXPECT_THAT(rehearsal.out, AllOf(HasSubstr("would serve generation 2"), HasSubstr("module edition: 1.0.0 (build ")));
  expect_edition(it.server(), "1 a");
  const auto reload = it.reload();
  EXPECT_EQ(rehearsal.out.substr(rehearsal.out.find("\n  ")), reload.out.substr(reload.out.find("\n  ")));
  expect_edition(it.server(), "2 b");
  it.write(yaml("/: { handler: { edtion: {} } }"));
  EXPECT_EQ(it.reload({"--dry-run"}).exit_code, 8);
  expect_edition(it.server(), "2 b");
}

TEST_P(Reload, LetsARequestEndInTheCodeItBeganWith) {
  const TemporaryFolder folder;
  const auto fifo = folder.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto waiting = yaml("/: { handler: { edition: {} } }, /wait: { handler: { edition_wait: { fifo: \"" +
                            fifo.string() + "\" } } }");
  Editions it(waiting);
  Client client(it.server());
  ASSERT_TRUE(client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"));
  it.server().wait_for_log("edition 1: waiting");
  it.install("two");
  ASSERT_EQ(it.reload().exit_code, 0);
  EXPECT_EQ(get(it.server(), "/").body, "2 none");
  EXPECT_THAT(command(it.server(), "status").out, HasSubstr("still used by 1 request"));
  std::ofstream(fifo) << "go";
  EXPECT_EQ(client.read().body, "1 waited");
  it.wait_for_end_of(1);
  // The connection goes on, in the new code.
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(client.read().body, "2 none");
  EXPECT_THAT(command(it.server(), "status").out, Not(HasSubstr("pinned")));
}

TEST_P(Reload, KeepsInstancesThatCarryOver) {
  const auto counting = [&](const std::string& more) {
    return yaml("/: { handler: { edition: {} } }, /count: { handler: { edition_count: {} } }" + more);
  };
  Editions it(counting(""));
  EXPECT_EQ(get(it.server(), "/count").body, "1");
  it.write(counting(", /other: { handler: { edition: {} } }"));
  ASSERT_EQ(it.reload().exit_code, 0);
  it.wait_for_end_of(1);
  EXPECT_EQ(get(it.server(), "/count").body, "2") << "nothing has changed for it";
  it.write(counting(", /other: { handler: { edition: {} } }")
               .replace(counting("").find("edition_count: {}"), 17, "edition_count: { word: b }"));
  ASSERT_EQ(it.reload().exit_code, 0);
  EXPECT_EQ(get(it.server(), "/count").body, "1") << "its options have";
  it.install("two");
  ASSERT_EQ(it.reload().exit_code, 0);
  EXPECT_EQ(get(it.server(), "/count").body, "1") << "its code has";
}

TEST_P(Reload, LetsNewCodeFindWhatTheOldHasStored) {
  Editions it(yaml("/: { handler: { edition_kept: {} } }"));
  EXPECT_EQ(get(it.server(), "/").body, "1 1");
  it.install("two");
  ASSERT_EQ(it.reload().exit_code, 0);
  it.wait_for_end_of(1);
  EXPECT_EQ(get(it.server(), "/").body, "2 2");
}

TEST_P(Reload, NamesSettingsThatWaitForARestart) {
  Editions it(answering("a"));
  it.write(yaml("/: { handler: { edition: { word: b } } }", "workers: 3, loops: 3"));
  const auto reload = it.reload();
  EXPECT_EQ(reload.exit_code, 0) << reload.err;
  EXPECT_THAT(reload.out, HasSubstr("waits for kirsch restart: server.loops, server.workers"));
  EXPECT_EQ(get(it.server(), "/").body, "1 b");
}

TEST_P(Reload, OfAFileThatIsOverwrittenInPlaceCrashesNothing) {
  Editions it(answering("a"));
  std::filesystem::copy_file(edition("two"), it.module(), std::filesystem::copy_options::overwrite_existing);
  expect_edition(it.server(), "1 a");
  std::ofstream(it.module(), std::ios::trunc).close();
  expect_edition(it.server(), "1 a");
  EXPECT_EQ(it.reload().exit_code, 8);
  expect_edition(it.server(), "1 a");
  std::filesystem::copy_file(edition("two"), it.module(), std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(it.reload().exit_code, 0);
  expect_edition(it.server(), "2 a");
}

INSTANTIATE_TEST_SUITE_P(Keeper, Reload, ::testing::Values("off", "on"), [](const auto& each) { return each.param; });

}  // namespace
}  // namespace kirsch::test
