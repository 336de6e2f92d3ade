// Starting and stopping again and again leaves nothing behind.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "support/family.h"
#include "support/folder.h"
#include "support/kirsch.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

const int rounds = sanitized() ? 10 : 100;

std::set<std::string> files_below(const std::filesystem::path& folder) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    files.insert(entry.path().lexically_relative(folder).string());
  return files;
}

class Rounds : public ::testing::Test {
 protected:
  Result kirsch(const std::string& verb, const std::string& file) const {
    return run_kirsch({verb, "-c", (folder_.path() / file).string()}, {},
                      {{"STATE_DIRECTORY", (folder_.path() / "state").string()}});
  }
  void write(const std::string& file, const std::string& keeper, const std::string& listener = "127.0.0.1:0") const {
    const auto build = build_folder().string();
    folder_.write(file, "version: 1\nplugins: { path: [\"" + build + "/plugins\", \"" + build +
                            "/fixtures\"] }\nserver: { keeper: " + keeper +
                            ", loops: 1 }\nengine: { signals: {}, pidfile: { path: \"" + pid_file().string() +
                            "\" } }\nlisteners: { main: { bind: \"" + listener +
                            "\" } }\npaths: { /: { handler: { respond: { body: here } } } }\n");
  }
  std::filesystem::path pid_file() const { return folder_.path() / "kirsch.pid"; }

  const TemporaryFolder folder_;
};

TEST_F(Rounds, OfStartAndStopLeaveNoProcessNoFileAndNoSocket) {
  write("alone.yaml", "off");
  write("kept.yaml", "on");
  std::set<std::string> before;
  for (int round = 0; round < rounds; ++round) {
    const auto file = round % 2 == 0 ? "alone.yaml" : "kept.yaml";
    const auto start = kirsch("start", file);
    ASSERT_EQ(start.exit_code, 0) << start.err;
    EXPECT_THAT(start.out, HasSubstr("ready in "));
    const pid_t process = std::stoi(contents_of(pid_file()));
    const auto all = family(process);
    const auto stop = kirsch("stop", file);
    ASSERT_EQ(stop.exit_code, 0) << stop.err;
    for (const pid_t one : all) ASSERT_TRUE(ends(one));
    if (round == 1) before = files_below(folder_.path());
  }
  EXPECT_FALSE(std::filesystem::exists(pid_file()));
  EXPECT_EQ(files_below(folder_.path()), before);
}

TEST_F(Rounds, OfFailingStartsLeaveNothingEither) {
  write("first.yaml", "off");
  ASSERT_EQ(kirsch("start", "first.yaml").exit_code, 0);
  const pid_t running = std::stoi(contents_of(pid_file()));
  const auto before = files_below(folder_.path());
  write("second.yaml", "on");  // the same pid file
  for (int round = 0; round < rounds / 10; ++round) {
    const auto start = kirsch("start", "second.yaml");
    ASSERT_NE(start.exit_code, 0);
    ASSERT_THAT(start.err, HasSubstr(std::to_string(running))) << "names who holds the file";
  }
  const auto different = [&] {
    auto after = files_below(folder_.path());
    after.erase("second.yaml");
    std::vector<std::string> names;
    std::ranges::set_symmetric_difference(before, after, std::back_inserter(names));
    return names;
  };
  // The last one may still be on its way out: it has told its failure first.
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!different().empty()) ASSERT_LT(std::chrono::steady_clock::now(), end) << different().front();
  EXPECT_EQ(kirsch("stop", "first.yaml").exit_code, 0);
}

}  // namespace
}  // namespace kirsch::test
