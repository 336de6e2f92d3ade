// What must not be served is refused as a whole: the old generation serves on, the asker is told, nothing is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "support/client.h"
#include "support/editions.h"
#include "support/footprint.h"

namespace kirsch::test {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::HasSubstr;

// One way to break a configuration or its modules, and a way back.
struct Break {
  const char* name;
  std::function<std::string(Editions&)> apply;  // returns the `paths` of the configuration
  const char* told;

  friend void PrintTo(const Break& fault, std::ostream* out) { *out << fault.name; }
};

std::string with_fixture(Editions& it, const std::string& module) {
  const auto to = it.plugins() / (module + ".so");
  fs::copy_file(build_folder() / "fixtures" / "loader" / (module + ".so"), to, fs::copy_options::overwrite_existing);
  fs::permissions(to, fs::perms(0644));
  return "/: { handler: { edition: { word: b } }, tools: { " + module + ": {} } }";
}

const Break breaks[] = {
    {"broken_yaml", [](Editions&) { return std::string("/: { handler: { edition: {} }"); }, "kirsch.yaml:"},
    {"missing_module",
     [](Editions& it) {
       fs::remove(it.module());
       return std::string("/: { handler: { edition: {} } }");
     },
     "unknown handler 'edition'"},
    {"throwing_init", [](Editions& it) { return with_fixture(it, "throwing_init"); }, "it let an exception escape"},
    {"failing_init", [](Editions& it) { return with_fixture(it, "init_failure"); }, "refused to start"},
    {"crashing_constructor", [](Editions& it) { return with_fixture(it, "crashing"); }, "crash"},
    {"wrong_abi",
     [](Editions& it) {
       with_fixture(it, "other_abi");
       return std::string("/: { handler: { edition: {} }, tools: { chat: {} } }");
     },
     "ABI"},
    {"option_out_of_range", [](Editions&) { return std::string("/: { handler: { respond: { status: 99999 } } }"); },
     "status"},
    {"option_that_the_module_refuses",
     [](Editions&) {
       return std::string("/: { handler: { edition: {} } }, /files/: { handler: { static: { root: ./none } } }");
     },
     "root"},
};

class ReloadRefusal : public ::testing::TestWithParam<std::tuple<std::string, Break>> {
 protected:
  static std::string yaml(const std::string& paths) {
    return loopback("server: { keeper: " + std::get<0>(GetParam()) + " }\npaths: { " + paths + " }\n");
  }
};

TEST_P(ReloadRefusal, KeepsTheOldGenerationAndTellsWhy) {
  const auto& fault = std::get<1>(GetParam());
  const auto good = yaml("/: { handler: { edition: { word: a } } }");
  Editions it(good);
  it.write(yaml(fault.apply(it)));
  for (const auto& more : {std::vector<std::string>{}, std::vector<std::string>{"--dry-run"}}) {
    const auto reload = it.reload(more);
    EXPECT_EQ(reload.exit_code, 8);
    EXPECT_THAT(reload.err, HasSubstr(fault.told));
    EXPECT_EQ(get(it.server(), "/").body, "1 a");
  }
  // And a good one is taken afterwards.
  it.install("two");
  it.write(yaml("/: { handler: { edition: { word: c } } }"));
  const auto reload = it.reload();
  EXPECT_EQ(reload.exit_code, 0) << reload.err;
  EXPECT_EQ(get(it.server(), "/").body, "2 c");
}

INSTANTIATE_TEST_SUITE_P(All, ReloadRefusal,
                         ::testing::Combine(::testing::Values("off", "on"), ::testing::ValuesIn(breaks)),
                         [](const auto& each) {
                           return std::string(std::get<1>(each.param).name) + "_keeper_" + std::get<0>(each.param);
                         });

TEST(ReloadRefusals, AHundredLeaveNothingBehind) {
  const int rounds = sanitized() ? 1 : 13;  // of eight
  const auto yaml = [](const std::string& paths) { return loopback("paths: { " + paths + " }\n"); };
  Editions it(yaml("/: { handler: { edition: { word: a } } }"));
  const auto refuse_all = [&] {
    for (const auto& fault : breaks) {
      it.install("one");
      it.write(yaml(fault.apply(it)));
      ASSERT_EQ(it.reload().exit_code, 8) << fault.name;
    }
  };
  refuse_all();  // what is needed once is there
  const Footprint footprint(it.server());
  for (int round = 0; round < rounds; ++round) refuse_all();
  footprint.expect_back();
  EXPECT_EQ(get(it.server(), "/").body, "1 a");
  std::size_t copies = 0;
  for (const auto& entry : fs::recursive_directory_iterator(it.server().folder() / "state"))
    copies += entry.path().filename() == "edition.so" ? 1 : 0;
  EXPECT_EQ(copies, 1U);
}

}  // namespace
}  // namespace kirsch::test
