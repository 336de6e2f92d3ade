// The configurations that people start from, checked with the modules that they name, then damaged at random: whatever
// comes of it is compiled or refused, and every refusal says where.
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "config/configuration.h"
#include "core/config/damage.h"
#include "server/module_catalogue.h"
#include "server/module_search.h"
#include "support/folder.h"

namespace kirsch::server {
namespace {

namespace fs = std::filesystem;

class Examples : public ::testing::Test {
 protected:
  Examples() {
    for (const auto& entry : fs::directory_iterator(test::source_folder() / "config"))
      if (entry.path().extension() == ".yaml") texts_.push_back(test::contents_of(entry.path()));
  }

  // What is wrong with `text` as a file of the folder config.
  std::vector<base::Diagnostic> faults(const std::string& text) const {
    const auto folder = (test::source_folder() / "config").string();
    try {
      const auto document = config::Document::from_text(text, folder + "/damaged.yaml", folder);
      config::compile(document, catalogue_);
    } catch (const base::Refusal& refusal) {
      return refusal.diagnostics();
    }
    return {};
  }

  std::vector<std::string> texts_;
  const ModuleSearch modules_ =
      find_modules({.path = {{(test::build_folder() / "plugins").string(), {}}}, .owners = {}});
  const ModuleCatalogue catalogue_{modules_.catalogue, modules_.directories};
};

TEST_F(Examples, are_good_as_they_are) {
  ASSERT_GE(texts_.size(), 2U);
  for (const auto& text : texts_)
    for (const auto& one : faults(text)) ADD_FAILURE() << base::text(one);
}

TEST_F(Examples, that_are_damaged_are_compiled_or_refused_at_a_place_of_the_text) {
  std::size_t refused = 0;
  for (std::uint64_t seed = 0; seed < test::damages; ++seed) {
    const auto text = test::Damage(seed).of(texts_[seed % texts_.size()]);
    const auto found = faults(text);
    if (!found.empty()) ++refused;
    for (const auto& one : found)
      ASSERT_EQ(test::misplaced(one, text), "") << "seed " << seed << "\n" << base::text(one) << "\n" << text;
  }
  EXPECT_GT(refused, test::damages / 5);
  EXPECT_LT(refused, test::damages * 9 / 10) << "comments and free text take damage without harm";
}

}  // namespace
}  // namespace kirsch::server
