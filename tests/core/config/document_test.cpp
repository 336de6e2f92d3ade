// The tree that comes of a text, and files that are refused before they are read.
#include "config/document.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "folder.h"

namespace kirsch::config {
namespace {

std::string refusal_of(const std::filesystem::path& path) {
  try {
    Document::from_file(path);
  } catch (const base::Refusal& refusal) {
    return refusal.diagnostics().front().code + " " + refusal.what();
  }
  return "nothing is refused";
}

TEST(Document, KeepsTheWordsAsTheyStand) {
  const Document document = Document::from_text("a: 0755\nb: no\nc: \"1\"\nd: ~\ne:\nf: [x, 2]\n");
  const Node& root = document.root();
  ASSERT_TRUE(root.is_mapping());
  EXPECT_EQ(root.value("a")->text, "0755");
  EXPECT_EQ(root.value("b")->text, "no");
  EXPECT_FALSE(root.value("b")->quoted);
  EXPECT_EQ(root.value("c")->text, "1");
  EXPECT_TRUE(root.value("c")->quoted);
  EXPECT_EQ(root.value("d")->kind, Node::Kind::null);
  EXPECT_EQ(root.value("e")->kind, Node::Kind::null);
  ASSERT_EQ(root.value("f")->items.size(), 2U);
  EXPECT_EQ(root.value("g"), nullptr);
}

TEST(Document, KnowsLineColumnAndLengthOfEachWord) {
  const Document document = Document::from_text("first: 1\nlonger:\n  \"ü\": 'it''s'\n", "name.yaml");
  const Entry& inner = document.root().value("longer")->entries.front();
  EXPECT_EQ(inner.key.line, 3U);
  EXPECT_EQ(inner.key.column, 3U);
  EXPECT_EQ(inner.key.length, 4U);
  EXPECT_EQ(inner.value.line, 3U);
  EXPECT_EQ(inner.value.column, 9U);
  EXPECT_EQ(inner.value.position().file, "name.yaml");
  EXPECT_EQ(inner.value.source_line(), "  \"ü\": 'it''s'");
}

TEST(Document, PlacesAMissingValueAtItsKey) {
  const Document document = Document::from_text("a: 1\nb:\n\n\nc: 2\n");
  EXPECT_EQ(document.root().value("b")->line, 2U);
  EXPECT_EQ(document.root().value("b")->column, 1U);
}

TEST(Document, TakesFragmentsForDefaults) {
  EXPECT_EQ(Document::from_text("730d").root().text, "730d");
  EXPECT_EQ(Document::from_text("[a, b]").root().items.size(), 2U);
  EXPECT_TRUE(Document::from_text("{}").root().is_mapping());
  EXPECT_EQ(Document::from_text("").root().kind, Node::Kind::null);
}

TEST(Document, TakesTabsInsideBlockText) {
  const Document document = Document::from_text("a: |\n  all:\n  \tmake\nb: x\t# done\n\t\nc: 1\n");
  EXPECT_EQ(document.root().value("a")->text, "all:\n\tmake\n");
  EXPECT_EQ(document.root().value("b")->text, "x");
}

TEST(Document, TakesLinesThatEndInCarriageReturnAndLineFeed) {
  EXPECT_EQ(Document::from_text("a:\r\n  b: c\r\n").root().value("a")->value("b")->text, "c");
}

TEST(Document, TakesSixtyFourLevelsAndNoMore) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(Document::from_text(nested(64)).root().is_sequence());
  EXPECT_THROW(Document::from_text(nested(65)), base::Refusal);
  EXPECT_THROW(Document::from_text(nested(100'000)), base::Refusal);
}

TEST(Document, RefusesMoreThanAMebibyteAndTwoHundredThousandNodes) {
  EXPECT_THROW(Document::from_text(std::string(Document::max_size + 1, '#')), base::Refusal);
  std::string many = "[";
  for (std::size_t count = 0; count < Document::max_nodes; ++count) many += "1,";
  EXPECT_THROW(Document::from_text(many + "]"), base::Refusal);
}

TEST(Document, ReadsAFileAndKnowsItsFolder) {
  const Folder folder;
  const auto path = folder.file("kirsch.yaml", "version: 1\n", 0644);
  const Document document = Document::from_file(path);
  EXPECT_EQ(document.source().name(), path.string());
  EXPECT_EQ(document.source().directory(), folder.path().string());
}

TEST(Document, RefusesAFileThatEverybodyMayWrite) {
  const Folder folder;
  EXPECT_EQ(refusal_of(folder.file("kirsch.yaml", "version: 1\n", 0646)).substr(0, 31),
            "C002 everybody may write to thi");
}

TEST(Document, RefusesWhatIsNoFile) {
  const Folder folder;
  EXPECT_EQ(refusal_of(folder.path() / "none.yaml"), "C001 the file cannot be read: No such file or directory");
  EXPECT_EQ(refusal_of(folder.path()), "C001 this is a directory, not a file");
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(refusal_of(pipe), "C001 this is no regular file");
}

TEST(Document, RefusesAFileOfMoreThanAMebibyte) {
  const Folder folder;
  EXPECT_EQ(refusal_of(folder.file("large.yaml", std::string(Document::max_size + 1, '#'))),
            "C003 the file is larger than 1MiB");
}

TEST(Document, StaysValidWhenItMoves) {
  Document first = Document::from_text("a: b\n", "x.yaml");
  const Document second = std::move(first);
  EXPECT_EQ(second.root().value("a")->source_line(), "a: b");
}

}  // namespace
}  // namespace kirsch::config
