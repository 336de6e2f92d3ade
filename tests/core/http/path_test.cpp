// Paths are decoded once, normalised, and refused rather than guessed.
#include "http/path.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/arena.h"

namespace kirsch::http {
namespace {

std::optional<std::string> normalised(std::string_view raw) {
  base::Arena arena;
  const auto result = normalised_path(raw, arena);
  return result ? std::optional<std::string>(*result) : std::nullopt;
}

TEST(Path, ComesBackItselfWhenNothingChanges) {
  base::Arena arena;
  for (std::string_view raw : {"/", "/a", "/a/", "/a/b.c", "/a;x=1/b", "/a.b./..c"}) {
    const auto result = normalised_path(raw, arena);
    ASSERT_TRUE(result) << raw;
    EXPECT_EQ(*result, raw);
  }
  const std::string_view plain = "/plain/path";
  EXPECT_EQ(normalised_path(plain, arena)->data(), plain.data());
  EXPECT_EQ(normalised("*"), "*");
}

TEST(Path, IsDecodedOnce) {
  EXPECT_EQ(normalised("/%61b"), "/ab");
  EXPECT_EQ(normalised("/a%20b"), "/a b");
  EXPECT_EQ(normalised("/%C3%A4%e2%82%ac%f0%9f%8d%92"), "/ä€🍒");
  EXPECT_EQ(normalised("/%252e%252e/x"), "/%2e%2e/x");
  EXPECT_EQ(normalised("/%2525"), "/%25");
}

TEST(Path, KeepsAnEncodedSlashInsideItsSegment) {
  EXPECT_EQ(normalised("/a%2Fb"), "/a%2Fb");
  EXPECT_EQ(normalised("/a%2fb"), "/a%2Fb");
  EXPECT_EQ(normalised("/..%2f..%2fetc"), "/..%2F..%2Fetc");
  EXPECT_EQ(normalised("/%2f"), "/%2F");
}

TEST(Path, ResolvesDotSegmentsAlsoWhenEncoded) {
  EXPECT_EQ(normalised("/a/./b"), "/a/b");
  EXPECT_EQ(normalised("/a/../b"), "/b");
  EXPECT_EQ(normalised("/a/%2e%2e/b"), "/b");
  EXPECT_EQ(normalised("/a/.%2E/b"), "/b");
  EXPECT_EQ(normalised("/a/b/.."), "/a/");
  EXPECT_EQ(normalised("/a/b/."), "/a/b/");
  EXPECT_EQ(normalised("/a/b/../"), "/a/");
  EXPECT_EQ(normalised("/."), "/");
  EXPECT_EQ(normalised("/a/.."), "/");
  EXPECT_EQ(normalised("/a/.../b"), "/a/.../b");
  EXPECT_EQ(normalised("/a/..b/c"), "/a/..b/c");
  EXPECT_EQ(normalised("/....//x"), "/..../x");
}

TEST(Path, MergesSlashes) {
  EXPECT_EQ(normalised("//"), "/");
  EXPECT_EQ(normalised("//a///b//"), "/a/b/");
  EXPECT_EQ(normalised("/a//../b"), "/b");
  EXPECT_EQ(normalised("//example.org/"), "/example.org/");
}

TEST(Path, IsRefusedAboveTheRoot) {
  for (std::string_view raw : {"/..", "/../", "/../x", "/a/../..", "/a/../../b", "/%2e%2e", "/%2e%2e/etc/passwd",
                               "/./..", "//..", "/a//../../.."}) {
    EXPECT_EQ(normalised(raw), std::nullopt) << raw;
  }
}

TEST(Path, IsRefusedWithBrokenEscapes) {
  for (std::string_view raw : {"/%", "/%2", "/%zz", "/%2z", "/a%", "/%%41", "/%u0041", "/% 1", "/%+1"}) {
    EXPECT_EQ(normalised(raw), std::nullopt) << raw;
  }
}

TEST(Path, IsRefusedWithControlCharacters) {
  for (std::string_view raw : {"/%00", "/a%00.html", "/%0a", "/%0D%0A", "/%1f", "/%7f", "/%09"}) {
    EXPECT_EQ(normalised(raw), std::nullopt) << raw;
  }
}

TEST(Path, IsRefusedWhenItIsNotUtf8) {
  for (std::string_view raw :
       {"/%c0%ae", "/%c0%af", "/%c1%81", "/%e0%80%ae", "/%e0%9f%bf", "/%f0%80%80%ae", "/%ff", "/%80", "/%c3", "/%c3x",
        "/%ed%a0%80", "/%f4%90%80%80", "/%f5%80%80%80", "/%e2%82", "/%e9"}) {
    EXPECT_EQ(normalised(raw), std::nullopt) << raw;
  }
}

TEST(Path, IsRefusedWithoutItsFirstSlash) {
  EXPECT_EQ(normalised(""), std::nullopt);
  EXPECT_EQ(normalised("a"), std::nullopt);
  EXPECT_EQ(normalised("%2Fa"), std::nullopt);
}

TEST(Path, StaysAsItIsWhenNormalisedAgainUnlessItHoldsPercentSigns) {
  for (std::string_view raw : {"/a/./b//c/../d", "/%61/%2e/b", "/x/y/z/../../w/"}) {
    const std::string once = *normalised(raw);
    EXPECT_EQ(normalised(once), once);
  }
}

}  // namespace
}  // namespace kirsch::http
