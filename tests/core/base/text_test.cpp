// Escapes, guesses and units.
#include "base/text.h"

#include <gtest/gtest.h>

#include <vector>

namespace kirsch::base {
namespace {

TEST(Escaped, LeavesReadableTextAlone) {
  EXPECT_EQ(escaped("plain"), "plain");
  EXPECT_EQ(escaped("Grüße, 日本 🍒"), "Grüße, 日本 🍒");
}

TEST(Escaped, SpellsOutWhatWouldMoveTheTerminal) {
  EXPECT_EQ(escaped("a\x1b[2Jb\r\n\t\x7f"), "a\\x1B[2Jb\\r\\n\\t\\x7F");
  EXPECT_EQ(escaped("\xC2\x9B"
                    "1m"),
            "\\u{9B}1m");
  EXPECT_EQ(escaped("\u202Eevil"), "\\u{202E}evil");
}

TEST(Escaped, SpellsOutBytesThatAreNoUtf8) {
  EXPECT_EQ(escaped("a\xFF"), "a\\xFF");
  EXPECT_EQ(escaped("\xC0\xAF"), "\\xC0\\xAF");
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\\xED\\xA0\\x80");
  EXPECT_EQ(escaped("\xE2\x82"), "\\xE2\\x82");
}

TEST(Utf8Fault, FindsTheFirstBadByte) {
  EXPECT_EQ(utf8_fault("ok ü"), std::nullopt);
  EXPECT_EQ(utf8_fault("ok \xFC"), 3U);
  EXPECT_EQ(utf8_fault("\xF4\x90\x80\x80"), 0U);
}

TEST(IsName, TakesWhatAProgramWouldCallSomething) {
  for (const auto* name : {"a", "_", "HOME", "x1", "to_2"}) EXPECT_TRUE(is_name(name)) << name;
  for (const auto* other : {"", "1x", "a-b", "a b", "ä", "a:"}) EXPECT_FALSE(is_name(other)) << other;
}

const std::vector<std::string> names = {"secureheaders", "sessions", "static", "compress", "on"};

TEST(Nearest, ForgivesTwoSlips) {
  EXPECT_EQ(nearest("secure_headers", names), "secureheaders");
  EXPECT_EQ(nearest("sesions", names), "sessions");
  EXPECT_EQ(nearest("sessoins", names), "sessions");
  EXPECT_EQ(nearest("Sessions", names), "sessions");
}

TEST(Nearest, TakesAnUnambiguousBeginning) {
  EXPECT_EQ(nearest("comp", names), "compress");
  EXPECT_EQ(nearest("compression", names), "compress");
}

TEST(Nearest, DoesNotGuessWildly) {
  EXPECT_EQ(nearest("websocket", names), std::nullopt);
  EXPECT_EQ(nearest("s", names), std::nullopt);
  EXPECT_EQ(nearest("xyz", names), std::nullopt);
  EXPECT_EQ(nearest("", names), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'a'), names), std::nullopt);
}

TEST(DidYouMean, IsASentenceOrNothing) {
  EXPECT_EQ(did_you_mean("statc", names), "did you mean 'static'?");
  EXPECT_EQ(did_you_mean("qqqqqq", names), "");
}

TEST(AsUtf8, ReplacesWhatIsNone) {
  EXPECT_EQ(as_utf8("all \xC3\xA9 well"), "all \xC3\xA9 well");
  EXPECT_EQ(as_utf8("\xE9t\xE9"), "\xEF\xBF\xBDt\xEF\xBF\xBD");
  EXPECT_EQ(as_utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "cut short";
  EXPECT_EQ(as_utf8(""), "");
}

TEST(DurationText, TakesTheLargestUnitWithoutARest) {
  EXPECT_EQ(duration_text(30'000'000'000), "30s");
  EXPECT_EQ(duration_text(1'500'000'000), "1500ms");
  EXPECT_EQ(duration_text(7LL * 86'400'000'000'000), "7d");
  EXPECT_EQ(duration_text(0), "0s");
  EXPECT_EQ(duration_text(1'500'000), "1.5ms") << "operators write no smaller unit";
  EXPECT_EQ(duration_text(1'000), "0.001ms");
  EXPECT_EQ(duration_text(1), "0.000001ms");
  EXPECT_EQ(duration_text(60'000'000'001), "60000.000001ms");
}

TEST(SizeText, TakesTheLargestUnitWithoutARest) {
  EXPECT_EQ(size_text(65536), "64KiB");
  EXPECT_EQ(size_text(1 << 20), "1MiB");
  EXPECT_EQ(size_text(1000), "1000");
  EXPECT_EQ(size_text(0), "0");
}

}  // namespace
}  // namespace kirsch::base
