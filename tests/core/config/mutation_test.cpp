// Good configurations, damaged at random: whatever comes of it is compiled or refused, and every refusal says where.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

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
  for (const char* folder : {"tests/core/config/good", "config"})
    for (const auto& entry : std::filesystem::directory_iterator(tree / folder))
      if (entry.path().extension() == ".yaml") texts.push_back(contents(entry.path()));
  return texts;
}

// Deletes, swaps, doubles and inserts, as a slip of the hand does.
class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed) {}

  std::string of(std::string text) {
    for (std::size_t count = 1 + below(3); count > 0; --count) once(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  void once(std::string& text) {
    if (text.empty()) return;
    const std::size_t at = below(text.size());
    const std::size_t other = below(text.size());
    switch (below(6)) {
      case 0:
        text.erase(at, 1 + below(8));
        break;
      case 1:
        std::swap(text[at], text[other]);
        break;
      case 2:
        swap_lines(text, at, other);
        break;
      case 3:
        text.insert(at, text.substr(other, 1 + below(24)));
        break;
      case 4:
        text.insert(at, 1, marks[below(sizeof marks - 1)]);
        break;
      default:
        text.resize(at);
    }
  }

  static void swap_lines(std::string& text, std::size_t one, std::size_t other) {
    const auto line = [&](std::size_t at) {
      const std::size_t start = text.rfind('\n', at) + 1;
      return std::pair(std::min(start, at), text.find('\n', at));
    };
    auto [start, end] = line(std::min(one, other));
    auto [later_start, later_end] = line(std::max(one, other));
    if (end == std::string::npos || later_end == std::string::npos || end >= later_start) return;
    const std::string first = text.substr(start, end - start);
    const std::string second = text.substr(later_start, later_end - later_start);
    text.replace(later_start, later_end - later_start, first);
    text.replace(start, end - start, second);
  }

  static constexpr char marks[] = "{}[]:,#\"'-&*!|>%@`?~ \t\n\r$\\=/0";
  std::mt19937_64 random_;
};

// Why `diagnostic` points nowhere in the text; empty: it points into it.
std::string misplaced(const base::Diagnostic& diagnostic, const std::string& text) {
  if (!diagnostic.position) return "no position";
  const Source source("", "", text);
  const base::Position& at = *diagnostic.position;
  if (at.line < 1 || at.line > source.line_count()) return "line " + std::to_string(at.line);
  // One beyond the end is the place of what is missing there.
  if (at.column < 1 || at.column > source.line(at.line).size() + 1) return "column " + std::to_string(at.column);
  return {};
}

TEST(GoodConfigurations, AreAcceptedWithoutAWarning) {
  static const SampleCatalogue catalogue;
  for (const char* name : {"complete.yaml", "short.yaml"}) {
    const std::string text = contents(tree / "tests/core/config/good" / name);
    ASSERT_TRUE(faults(text).empty()) << base::text(faults(text).front());
    EXPECT_TRUE(compile(document_of(text), catalogue).warnings.empty()) << name;
  }
}

// The sanitizers take thirty times as long for each.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t damages = 2'000;
#else
constexpr std::uint64_t damages = 10'000;
#endif

TEST(DamagedConfigurations, AreCompiledOrRefusedAtAPlaceOfTheText) {
  const std::vector<std::string> good = good_files();
  std::size_t refused = 0;
  for (std::uint64_t seed = 0; seed < damages; ++seed) {
    const std::string text = Damage(seed).of(good[seed % good.size()]);
    const std::vector<base::Diagnostic> found = faults(text);
    if (!found.empty()) ++refused;
    for (const base::Diagnostic& one : found)
      ASSERT_EQ(misplaced(one, text), "") << "seed " << seed << "\n" << base::text(one) << "\n" << text;
  }
  EXPECT_GT(refused, damages / 5);
  EXPECT_LT(refused, damages);
}

}  // namespace
}  // namespace kirsch::config
