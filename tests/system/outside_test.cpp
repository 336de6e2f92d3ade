// What an author outside the tree does, word for word as the README says it: the shortest module, its compiler line,
// the plugins folder, its name in YAML.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/client.h"
#include "support/markdown.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

const Block* first(const std::vector<Block>& all, std::string_view language, std::string_view start) {
  for (const auto& block : all) {
    if (block.language == language && block.text.rfind(start, 0) == 0) return &block;
  }
  return nullptr;
}

class Outside : public ::testing::Test {
 protected:
  void SetUp() override {
    source_ = first(readme_, "cpp", "");
    commands_ = first(readme_, "", "g++ ");
    if (commands_ == nullptr) commands_ = first(readme_, "sh", "g++ ");
    ASSERT_NE(source_, nullptr) << "README.md has no module";
    ASSERT_NE(commands_, nullptr) << "README.md does not say how to compile it";
  }

  const std::vector<Block> readme_ = blocks(contents_of(source_folder() / "README.md"));
  const Block* source_ = nullptr;
  const Block* commands_ = nullptr;
};

TEST_F(Outside, the_shortest_module_has_at_most_twenty_lines) {
  EXPECT_LE(std::count(source_->text.begin(), source_->text.end(), '\n'), 20) << source_->text;
}

TEST_F(Outside, it_is_compiled_dropped_named_and_served) {
  const TemporaryFolder author;
  author.write("hello.cpp", source_->text);
  std::filesystem::create_directory_symlink(source_folder() / "core", author.path() / "core");
  const auto plugins = author.path() / "build" / "release" / "plugins";
  std::filesystem::create_directories(plugins);
  Process compiler({"sh", "-e", "-c", commands_->text}, {.folder = author.path(), .environment = {}, .input = {}});
  ASSERT_EQ(compiler.wait(Milliseconds(120000)), 0) << compiler.output().all;
  EXPECT_EQ(compiler.output().all, "") << "it compiles without a word";

  const Server server(loopback("plugins: { path: [\"" + plugins.string() +
                               "\"] }\nengine: {}\npaths: { /hello: { handler: { hello: { greeting: Hi } } } }\n"));
  const auto response = get(server, "/hello?name=Ada");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "Hi, Ada!\n");
}

}  // namespace
}  // namespace kirsch::test
