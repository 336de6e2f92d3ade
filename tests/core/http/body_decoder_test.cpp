// The body decoder alone: all splits of the cases in tests/support/framing, its limits, and what it leaves.
#include "http/body_decoder.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "http/parser.h"
#include "support/framing_cases.h"

namespace kirsch::http {
namespace {

struct Decoded {
  std::string body;
  std::uint16_t status = 0;
  bool complete = false;
  std::size_t consumed = 0;
  bool operator==(const Decoded&) const = default;
};

// Feeds the pieces of `text` cut at `cuts`, each from memory of its own size.
Decoded decode(BodyDecoder decoder, std::string_view text, const std::vector<std::size_t>& cuts = {}) {
  Decoded decoded;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : text.size();
    const std::size_t size = end - begin;
    auto piece = std::make_unique<char[]>(size);
    std::copy_n(text.data() + begin, size, piece.get());
    std::string_view rest(piece.get(), size);
    while (true) {
      const BodyDecoder::Result result = decoder.decode(rest);
      rest.remove_prefix(decoder.consumed());
      decoded.consumed += decoder.consumed();
      if (result == BodyDecoder::Result::data) {
        decoded.body += decoder.data();
        continue;
      }
      if (result == BodyDecoder::Result::malformed) decoded.status = decoder.fault().status;
      decoded.complete = result == BodyDecoder::Result::complete;
      if (result != BodyDecoder::Result::need_more) return decoded;
      break;
    }
    begin = end;
  }
  return decoded;
}

const Limits usual_limits;

BodyDecoder chunked(std::uint64_t limit = UINT64_MAX) {
  BodyDecoder decoder(usual_limits);
  decoder.begin_chunked();
  decoder.set_limit(limit);
  return decoder;
}

// The chunked bodies of tests/support/framing, legal and not.
std::vector<std::string> chunked_bodies() {
  std::vector<std::string> bodies;
  for (const test::FramingCase& one : test::framing_cases()) {
    std::string bytes = one.bytes;
    HeadParser parser(usual_limits);
    if (parser.parse(bytes.data(), bytes.size()) != ParseResult::complete || !parser.head().chunked) continue;
    bodies.push_back(one.bytes.substr(parser.size()));
  }
  EXPECT_GT(bodies.size(), 150U);
  return bodies;
}

TEST(BodyDecoder, SeesTheSameHoweverABodyIsSplit) {
  for (const std::string& text : chunked_bodies()) {
    SCOPED_TRACE(text.substr(0, 100));
    const Decoded whole = decode(chunked(), text);
    const std::size_t step = text.size() > 1000 ? 997 : 1;
    for (std::size_t cut = 1; cut < text.size(); cut += step) {
      ASSERT_EQ(decode(chunked(), text, {cut}), whole) << cut;
    }
    if (step != 1) continue;
    std::vector<std::size_t> every;
    for (std::size_t cut = 1; cut < text.size(); ++cut) every.push_back(cut);
    ASSERT_EQ(decode(chunked(), text, every), whole);
  }
}

TEST(BodyDecoder, AsksForMoreUntilTheLastByteOfALegalBody) {
  for (const std::string& text : chunked_bodies()) {
    const Decoded whole = decode(chunked(), text);
    if (!whole.complete) continue;
    BodyDecoder decoder = chunked();
    for (std::size_t at = 0; at + 1 < whole.consumed; ++at) {
      auto result = BodyDecoder::Result::data;
      for (std::string_view rest = std::string_view(text).substr(at, 1); result == BodyDecoder::Result::data;) {
        result = decoder.decode(rest);
        rest.remove_prefix(decoder.consumed());
      }
      ASSERT_EQ(result, BodyDecoder::Result::need_more) << text << at;
    }
  }
}

TEST(BodyDecoder, LeavesWhatFollowsTheBody) {
  EXPECT_EQ(decode(chunked(), "1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n").consumed, 11U);
}

TEST(BodyDecoder, StopsAtTheByteOverTheLimitBeforeItsChunk) {
  const std::string text = "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n";
  EXPECT_EQ(decode(chunked(11), text).status, 0);
  EXPECT_EQ(decode(chunked(10), text).status, 0);
  const Decoded over = decode(chunked(9), text);
  EXPECT_EQ(over.status, 413);
  EXPECT_EQ(over.body, "hello");
  EXPECT_EQ(decode(chunked(0), "0\r\n\r\n").status, 0);
  EXPECT_EQ(decode(chunked(0), "1\r\nx\r\n").status, 413);
  EXPECT_EQ(decode(chunked(1000), "7fffffffffffffff\r\n").status, 413);
}

TEST(BodyDecoder, BoundsTheSumOfExtensions) {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "1;" + std::string(4000, 'e') + "\r\nx\r\n";
  const Decoded decoded = decode(chunked(), text);
  EXPECT_EQ(decoded.status, 413);
  EXPECT_LT(decoded.consumed, 20'000U);
}

TEST(BodyDecoder, AllowsSmallExtensionsOfALargeBody) {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "80;sig=" + std::string(4, 'e') + "\r\n" + std::string(128, 'x') + "\r\n";
  EXPECT_EQ(decode(chunked(), text + "0\r\n\r\n").status, 0);
}

TEST(BodyDecoder, TakesExactlyTheAnnouncedLength) {
  BodyDecoder decoder(usual_limits);
  decoder.begin_length(5);
  const Decoded decoded = decode(decoder, "helloGET", {2});
  EXPECT_EQ(decoded.body, "hello");
  EXPECT_TRUE(decoded.complete);
  EXPECT_EQ(decoded.consumed, 5U);
  decoder.begin_length(0);
  EXPECT_TRUE(decode(decoder, "").complete);
  decoder.begin_length(3);
  EXPECT_EQ(decoder.remaining(), 3U);
  EXPECT_FALSE(decode(decoder, "ab").complete);
}

}  // namespace
}  // namespace kirsch::http
