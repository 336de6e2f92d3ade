// Broken configurations, one per file of broken/: each with the place and the sentence that the operator must see
// first. broken/expected.tsv says them: name, line:column, code, a part of the message, a part of note or help.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "sample.h"

namespace kirsch::config {
namespace {

const std::filesystem::path broken_folder = std::filesystem::path(KIRSCH_SOURCE_DIR) / "tests/core/config/broken";

struct Broken {
  std::string name, place, code, message, advice;
};

void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.name; }

std::vector<Broken> corpus() {
  std::vector<Broken> all;
  std::ifstream file(broken_folder / "expected.tsv");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    Broken one;
    for (std::string* field : {&one.name, &one.place, &one.code, &one.message, &one.advice})
      std::getline(fields, *field, '\t');
    all.push_back(std::move(one));
  }
  return all;
}

std::string contents(const Broken& broken) {
  std::ifstream file(broken_folder / (broken.name + ".yaml"), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class BrokenConfiguration : public testing::TestWithParam<Broken> {};

TEST_P(BrokenConfiguration, IsRefusedWithPlaceAndSentence) {
  const Broken& broken = GetParam();
  ::unsetenv("KIRSCH_TEST_UNSET");
  const std::string written = contents(broken);
  const std::vector<base::Diagnostic> found = faults(written);
  ASSERT_FALSE(found.empty()) << written;
  const base::Diagnostic& first = found.front();
  ASSERT_TRUE(first.position.has_value());
  EXPECT_EQ(first.position->file, "/etc/kirsch/kirsch.yaml");
  EXPECT_EQ(std::to_string(first.position->line) + ":" + std::to_string(first.position->column), broken.place)
      << text(first);
  EXPECT_EQ(first.code, broken.code) << text(first);
  EXPECT_NE(first.message.find(broken.message), std::string::npos) << text(first);
  EXPECT_NE((first.note + " | " + first.help).find(broken.advice), std::string::npos) << text(first);
  EXPECT_EQ(first.exit_code, base::ExitCode::configuration);
}

INSTANTIATE_TEST_SUITE_P(Corpus, BrokenConfiguration, testing::ValuesIn(corpus()),
                         [](const testing::TestParamInfo<Broken>& one) { return one.param.name; });

TEST(BrokenConfigurations, AreManyAndAllExpected) {
  const std::vector<Broken> all = corpus();
  EXPECT_GE(all.size(), 150U);
  for (const auto& entry : std::filesystem::directory_iterator(broken_folder)) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_TRUE(std::ranges::any_of(all, [&](const Broken& one) { return one.name == entry.path().stem(); }))
        << entry.path() << " stands in no line of expected.tsv";
  }
}

}  // namespace
}  // namespace kirsch::config
