// The body decoder: the faults of chunked coding, its limits, and that splits change nothing.
#include "http/body_decoder.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace kirsch::http {
namespace {

using namespace std::string_literals;

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

const Limits limits;

BodyDecoder chunked(std::uint64_t limit = UINT64_MAX) {
  BodyDecoder decoder(limits);
  decoder.begin_chunked();
  decoder.set_limit(limit);
  return decoder;
}

struct Case {
  std::uint16_t status;  // 0: legal and complete
  std::string text;
  std::string body;
};

std::vector<Case> cases() {
  std::vector<Case> all = {
      {0, "0\r\n\r\n", ""},
      {0, "5\r\nhello\r\n0\r\n\r\n", "hello"},
      {0, "005\r\nhello\r\n00\r\n\r\n", "hello"},
      {0, "A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n", "0123456789abcdefghij"},
      {0, "0000000000000001\r\nx\r\n0\r\n\r\n", "x"},
      {0, "1;a\r\nx\r\n0;b=c\r\n\r\n", "x"},
      {400, "1 ; a = \"q;\\\"\r\" ; b\r\nx\r\n0\r\n\r\n", ""},
      {0, "1;a=\"; \\\" \t\x80\";b=c\r\nx\r\n0\r\n\r\n", "x"},
      {0, "1\t;\ta\t=\tb\r\nx\r\n0\r\n\r\n", "x"},
      {0, "0\r\nX: y\r\nContent-Length: 5\r\nHost: z\r\n\r\n", ""},
      {0, "0\r\nX:\r\n\r\n", ""},
      // A10
      {400, "0x5\r\nhello\r\n0\r\n\r\n", ""},
      {400, "+5\r\nhello\r\n", ""},
      {400, "-5\r\nhello\r\n", ""},
      {400, "5_0\r\n", ""},
      {400, " 5\r\nhello\r\n", ""},
      {400, "5 \r\nhello\r\n", ""},
      {400, "\r\n", ""},
      {400, "5g\r\n", ""},
      {400, "\0"s, ""},
      {400, "5\0\r\n"s, ""},
      {400, "00000000000000001\r\nx\r\n", ""},
      {400, "8000000000000000\r\n", ""},
      {400, "ffffffffffffffff\r\n", ""},
      {400, "10000000000000005\r\nhello\r\n", ""},
      {400, ";a\r\n", ""},
      // A11
      {400, std::string(20'000, '0') + "5\r\nhello\r\n", ""},
      {400, "5;" + std::string(5000, 'a') + "\r\nhello\r\n", ""},
      // A12
      {400, "5\nhello\r\n0\r\n\r\n", ""},
      {400, "5\r\rhello\r\n", ""},
      {400, "5\rxhello\r\n", ""},
      {400, "5\r\nhello\n0\r\n\r\n", "hello"},
      {400, "5\r\nhello0\r\n\r\n", "hello"},
      {400, "5\r\nhello\rx0\r\n\r\n", "hello"},
      {400, "5\r\nhelloXY0\r\n\r\n", "hello"},
      {400, "0\n\r\n", ""},
      {400, "0\r\n\n", ""},
      {400, "0\r\n\rx", ""},
      {400, "5;a\nhello\r\n", ""},
      // A13
      {400, "5;a\rb\r\nhello\r\n", ""},
      {400, "5;a\0\r\nhello\r\n"s, ""},
      {400, "5;a=\"b\r\nhello\r\n", ""},
      {400, "5;\r\nhello\r\n", ""},
      {400, "5;a=\r\nhello\r\n", ""},
      {400, "5;a b\r\nhello\r\n", ""},
      {400, "5;a=b \r\nhello\r\n", ""},
      {400, "5;a=\"b\"c\r\nhello\r\n", ""},
      {400, "5;a=\"\x01\"\r\nhello\r\n", ""},
      // A14
      {400, "0\r\nnocolon\r\n\r\n", ""},
      {400, "0\r\n folded\r\n\r\n", ""},
      {400, "0\r\nX : y\r\n\r\n", ""},
      {400, "0\r\n: y\r\n\r\n", ""},
      {400, "0\r\nX: \x01\r\n\r\n", ""},
      {400, "0\r\nX: y\n\r\n", ""},
      {400, "0\r\nX: y\rz\r\n\r\n", ""},
      {413, "0\r\nX: " + std::string(9000, 'y') + "\r\n\r\n", ""},
      {413, "0\r\n" + std::string(9000, 'y') + ": 1\r\n\r\n", ""},
  };
  std::string many = "0\r\n";
  for (int i = 0; i < 101; ++i) many += "X: y\r\n";
  all.push_back({413, many + "\r\n", ""});
  std::string megabyte = "0\r\n";
  for (int i = 0; i < 90; ++i) megabyte += "X: " + std::string(8000, 'y') + "\r\n";
  all.push_back({413, megabyte + "\r\n", ""});
  return all;
}

TEST(BodyDecoder, AnswersEveryFaultOfChunkedCodingAsTheCatalogueSays) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.text.substr(0, 100));
    const Decoded decoded = decode(chunked(), one.text);
    EXPECT_EQ(decoded.status, one.status);
    EXPECT_EQ(decoded.complete, one.status == 0);
    EXPECT_EQ(decoded.body, one.body);
    if (one.status == 0) {
      EXPECT_EQ(decoded.consumed, one.text.size());
    }
  }
}

TEST(BodyDecoder, SeesTheSameHoweverABodyIsSplit) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.text.substr(0, 100));
    const Decoded whole = decode(chunked(), one.text);
    const std::size_t step = one.text.size() > 1000 ? 997 : 1;
    for (std::size_t cut = 1; cut < one.text.size(); cut += step) {
      ASSERT_EQ(decode(chunked(), one.text, {cut}), whole) << cut;
    }
    if (step != 1) continue;
    std::vector<std::size_t> every;
    for (std::size_t cut = 1; cut < one.text.size(); ++cut) every.push_back(cut);
    ASSERT_EQ(decode(chunked(), one.text, every), whole);
  }
}

TEST(BodyDecoder, AsksForMoreUntilTheLastByteOfALegalBody) {
  for (const Case& one : cases()) {
    if (one.status != 0) continue;
    for (std::size_t end = 0; end < one.text.size(); ++end) {
      const Decoded decoded = decode(chunked(), one.text.substr(0, end));
      ASSERT_FALSE(decoded.complete) << one.text << end;
      ASSERT_EQ(decoded.status, 0);
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
  BodyDecoder decoder(limits);
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
