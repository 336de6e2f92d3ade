// The cookbook's page is true: every session that it shows goes as it shows, and it shows every recipe.
#include <gmock/gmock.h>

#include <optional>

#include "core/sdk/cookbook/kitchen.h"

namespace kirsch::test {
namespace {

std::string at_kitchen(std::string text, bool there = true) {
  const std::string page = "localhost:8080", real = "127.0.0.1:" + std::to_string(kitchen().port());
  const auto& from = there ? page : real;
  const auto& to = there ? real : page;
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// As a terminal shows it.
std::string shown(const Process::Output& output) {
  auto text = at_kitchen(output.all, false);
  std::erase(text, '\r');
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

// A command that ends with & goes on beside those behind it, which begin when it has said something.
void expect_session(const std::vector<Recipe::Command>& session, const std::filesystem::path& folder) {
  std::optional<Process> beside;
  for (const auto& command : session) {
    const bool stays = command.line.ends_with(" &");
    const auto line = at_kitchen(stays ? command.line.substr(0, command.line.size() - 2) : command.line);
    const std::vector<std::string> shell{"sh", "-c", line};
    const ProcessOptions here{.folder = folder, .environment = {}, .input = {}};
    if (stays) {
      beside.emplace(std::vector<std::string>{"sh", "-c", "exec " + line}, here);
      ASSERT_TRUE(beside->wait_for([](const auto& output) { return !output.all.empty(); })) << line;
      continue;
    }
    Process process(shell, here);
    EXPECT_EQ(process.wait(), 0) << line;
    auto printed = shown(process.output());
    if (beside) {
      const auto own = printed;
      beside->wait_for([&](const auto& output) { return fits(printed = shown(output) + own, command.output); });
    }
    EXPECT_TRUE(fits(printed, command.output)) << line << "\nprints\n" << printed << "\nand not\n" << command.output;
  }
}

class Cookbook : public ::testing::TestWithParam<Recipe> {};

TEST_P(Cookbook, shows_what_happens) {
  const auto sessions = GetParam().sessions(true);
  ASSERT_FALSE(sessions.empty());
  for (const auto& session : sessions) expect_session(session, place(GetParam().name));
}

INSTANTIATE_TEST_SUITE_P(Each, Cookbook, ::testing::ValuesIn(recipes()),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(CookbookPage, shows_every_module_of_its_folder) {
  std::vector<std::string> files{"greeter"}, sections;  // of the tutorial
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / "core/sdk/cookbook"))
    if (entry.path().extension() == ".cpp") files.push_back(entry.path().stem());
  for (const auto& recipe : recipes()) sections.push_back(recipe.name);
  EXPECT_THAT(sections, ::testing::UnorderedElementsAreArray(files));
}

TEST(CookbookPage, is_compared_with_what_happens) {
  EXPECT_TRUE(fits("a\nb\nc\n", "a\n…c\n"));
  EXPECT_TRUE(fits("", "…"));
  EXPECT_FALSE(fits("a\nb\n", "a\n"));
  EXPECT_FALSE(fits("a\nb\nd\n", "a\n…c\n"));
}

}  // namespace
}  // namespace kirsch::test
