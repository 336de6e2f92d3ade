// `plugins: { reload: watch }`: who edits and compiles sees the result, without a command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/client.h"
#include "support/editions.h"

namespace kirsch::test {
namespace {

namespace fs = std::filesystem;

class ReloadWatch : public ::testing::TestWithParam<std::string> {
 protected:
  static std::string yaml(const std::string& word, const std::string& more = {}) {
    return loopback("server: { keeper: " + GetParam() + " }\npaths: { /: { handler: { edition: { word: " + word +
                    " } } } }\n" + more);
  }
  static void expect_soon(Editions& it, const std::string& answer, const std::optional<std::string>& mark = {}) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
      const auto now = get(it.server(), "/");
      if (now.body == answer && now.field("X-Edition") == mark) return;
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "still " << now.raw;
    }
  }
};

TEST_P(ReloadWatch, ServesAModuleThatWasMovedIntoPlaceOrWrittenInPlace) {
  Editions it(yaml("a"), "watch");
  EXPECT_EQ(get(it.server(), "/").body, "1 a");
  it.install("two");
  expect_soon(it, "2 a");
  fs::copy_file(edition("one"), it.module(), fs::copy_options::overwrite_existing);
  expect_soon(it, "1 a");
}

TEST_P(ReloadWatch, ServesAConfigurationThatWasEdited) {
  Editions it(yaml("a"), "watch");
  it.write(yaml("b"));
  expect_soon(it, "1 b");
  it.write(yaml("c").replace(yaml("c").find("edition:"), 8, "editoin:"));
  it.server().wait_for_log("unknown handler 'editoin'");
  EXPECT_EQ(get(it.server(), "/").body, "1 b");
  it.write(yaml("d"));
  expect_soon(it, "1 d");
}

TEST_P(ReloadWatch, LooksAtIncludedFilesToo) {
  const TemporaryFolder folder;
  const auto part = folder.write("part.yaml", "tools: { edition: { word: x } }\n");
  Editions it(yaml("a", "include: \"" + part.string() + "\"\n"), "watch");
  EXPECT_EQ(get(it.server(), "/").field("X-Edition"), "1 x");
  folder.write("part.yaml", "tools: { edition: { word: y } }\n");
  expect_soon(it, "1 a", "1 y");
}

// What is refused moves the watch nowhere.
TEST_P(ReloadWatch, GoesOnAfterAReloadThatWasRefused) {
  const TemporaryFolder folder;
  const auto part = folder.write("part.yaml", "tools: { edition: { word: x } }\n");
  const auto more = "include: \"" + part.string() + "\"\n";
  Editions it(yaml("a", more), "watch");
  it.write(loopback("server: { keeper: " + GetParam() +
                    " }\npaths: { /: { handler: { static: { root: /nowhere } } } }\n"));  // and without the other file
  it.server().wait_for_log("/nowhere");
  folder.write("part.yaml", "tools: { edition: { word: y } }\n");
  it.server().wait_for_log("/nowhere", 2);
  it.write(yaml("c", more));
  expect_soon(it, "1 c", "1 y");
}

TEST_P(ReloadWatch, BeginsWithARestartThatAsksForIt) {
  Editions it(yaml("a"));
  const auto file = it.server().folder() / "kirsch.yaml";
  auto text = contents_of(file);
  text.replace(text.find("on_command"), 10, "watch");
  std::ofstream(file) << text;
  ASSERT_EQ(command(it.server(), "restart").exit_code, 0);
  it.install("two");
  expect_soon(it, "2 a");
  EXPECT_EQ(command(it.server(), "stop").exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Keeper, ReloadWatch, ::testing::Values("off", "on"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace kirsch::test
