// Good configurations, damaged at random: whatever comes of it is compiled or refused, and every refusal says where.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "damage.h"
#include "sample.h"

namespace kirsch::config {
namespace {

const std::filesystem::path tree = KIRSCH_SOURCE_DIR;

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> good_files() {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator(tree / "tests/core/config/good"))
    if (entry.path().extension() == ".yaml") texts.push_back(contents(entry.path()));
  return texts;
}

TEST(GoodConfigurations, AreAcceptedWithoutAWarning) {
  static const SampleCatalogue catalogue;
  for (const char* name : {"complete.yaml", "short.yaml"}) {
    const std::string text = contents(tree / "tests/core/config/good" / name);
    ASSERT_TRUE(faults(text).empty()) << base::text(faults(text).front());
    EXPECT_TRUE(compile(document_of(text), catalogue).warnings.empty()) << name;
  }
}

TEST(DamagedConfigurations, AreCompiledOrRefusedAtAPlaceOfTheText) {
  const std::vector<std::string> good = good_files();
  std::size_t refused = 0;
  for (std::uint64_t seed = 0; seed < test::damages; ++seed) {
    const std::string text = test::Damage(seed).of(good[seed % good.size()]);
    const std::vector<base::Diagnostic> found = faults(text);
    if (!found.empty()) ++refused;
    for (const base::Diagnostic& one : found)
      ASSERT_EQ(test::misplaced(one, text), "") << "seed " << seed << "\n" << base::text(one) << "\n" << text;
  }
  EXPECT_GT(refused, test::damages / 5);
  EXPECT_LT(refused, test::damages);
}

}  // namespace
}  // namespace kirsch::config
