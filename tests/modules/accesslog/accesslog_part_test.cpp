// What a line is made of, in forms that no request over loopback has: addresses, times, escapes, masks.
#include <gmock/gmock.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <chrono>

#include "accesslog/client_address.h"
#include "accesslog/escape.h"
#include "accesslog/masked_url.h"
#include "accesslog/timestamp.h"
#include "support/process.h"

namespace accesslog {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;

std::string address(std::uint16_t family, const std::array<int, 16>& bytes) {
  kirsch_address raw{};
  raw.family = family;
  std::copy(bytes.begin(), bytes.end(), raw.bytes);
  char text[longest_address];
  return std::string(text, put_address(text, raw));
}

TEST(AccessLogAddress, IsWrittenAsItsFamilyIs) {
  EXPECT_EQ(address(4, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 10}), "192.0.2.10");
  EXPECT_EQ(address(1, {}), "unix:");
  EXPECT_EQ(address(0, {}), "-");
}

TEST(AccessLogAddress, ShortensIpv6AsRfc5952Says) {
  EXPECT_EQ(address(6, {}), "::");
  EXPECT_EQ(address(6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), "::1");
  EXPECT_EQ(address(6, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), "2001:db8::");
  EXPECT_EQ(address(6, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1}), "2001:db8::1:0:0:1");
  EXPECT_EQ(address(6, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(address(6, {0x20, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}), "2001:0:0:1::1");
  EXPECT_EQ(address(6, {0xfe, 0x80, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0xab, 0xcd, 0, 0}), "fe80:2:3:4:5:6:abcd:0");
}

std::string local(Timestamp::Time time, const char* zone) {
  ::setenv("TZ", zone, 1);
  ::tzset();
  Timestamp timestamp;
  std::string text(timestamp.local(time));
  ::unsetenv("TZ");
  ::tzset();
  return text;
}

TEST(AccessLogTimestamp, IsOfTheServersZone) {
  const Timestamp::Time time(971'211'336s);
  EXPECT_EQ(local(time, "UTC0"), "10/Oct/2000:20:55:36 +0000");
  EXPECT_EQ(local(time, "PDT7"), "10/Oct/2000:13:55:36 -0700");
  EXPECT_EQ(local(time, "IST-5:30"), "11/Oct/2000:02:25:36 +0530");
}

TEST(AccessLogTimestamp, FollowsTheClockBothWays) {
  Timestamp timestamp;
  std::string text;
  for (const auto time : {1'769'860'800'123ms, 1'769'860'800'007ms, 1'769'860'801'000ms, 1'769'860'799'999ms}) {
    text.append(timestamp.utc(Timestamp::Time(time))).append(" ");
  }
  EXPECT_EQ(text,
            "2026-01-31T12:00:00.123Z 2026-01-31T12:00:00.007Z 2026-01-31T12:00:01.000Z "
            "2026-01-31T11:59:59.999Z ");
}

std::string escaped(std::string_view text, const Signs& signs = signs_in_quotes) {
  Line out;
  char* const to = out.room(out.begin(), room_for(text.size()));
  return std::string(out.until(put_escaped(to, text, signs)));
}
std::string as_json(std::string_view text) {
  Line out;
  char* const to = out.room(out.begin(), room_for(text.size()));
  return std::string(out.until(put_json(to, text)));
}

TEST(AccessLogEscape, WritesBytesAsNginxDoes) {
  EXPECT_EQ(escaped("GET / HTTP/1.1"), "GET / HTTP/1.1");
  EXPECT_EQ(escaped(""), "-");
  EXPECT_EQ(escaped(std::string("\"\\\r\n\t\0\x1b\x7f\xc3\xa9", 10)), R"(\x22\x5C\x0D\x0A\x09\x00\x1B\x7F\xC3\xA9)");
  EXPECT_EQ(escaped("a b;c", Signs().set(' ').set(';')), R"(a\x20b\x3Bc)");
}

TEST(AccessLogEscape, FindsEveryByteAtEveryPlace) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, '~');
        text[place] = static_cast<char>(byte);
        const bool plain = byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';
        ASSERT_EQ(escaped(text).size(), size + (plain ? 0 : 3)) << size << ' ' << place << ' ' << byte;
      }
    }
  }
}

TEST(AccessLogEscape, CutsWhatIsTooLong) {
  for (const auto piece : {"x", "\n", "\xc3\xa9"}) {
    std::string text;
    while (text.size() < 100'000) text += piece;
    for (const auto& made : {escaped(text) + '"', as_json(text)}) {
      EXPECT_LE(made.size(), longest_piece + 20);
      EXPECT_GE(made.size(), longest_piece);
      EXPECT_THAT(made, EndsWith("...\""));
    }
  }
}

TEST(AccessLogEscape, WritesJsonInAscii) {
  EXPECT_EQ(as_json(""), "null");
  EXPECT_EQ(as_json("a \"b\" \\c\n\x7f"), R"("a \"b\" \\c\u000A\u007F")");
  EXPECT_EQ(as_json("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"), R"("\u00E9 \u20AC \uD83D\uDE00")");
  // No UTF-8: alone, too long for what they say, surrogates, beyond the last character, cut off.
  EXPECT_EQ(as_json("\x80 \xff \xc0\xaf"), R"("\\x80 \\xFF \\xC0\\xAF")");
  EXPECT_EQ(as_json("\xe0\x80\x80"), R"("\\xE0\\x80\\x80")");
  EXPECT_EQ(as_json("\xed\xa0\x80"), R"("\\xED\\xA0\\x80")");
  EXPECT_EQ(as_json("\xf4\x90\x80\x80"), R"("\\xF4\\x90\\x80\\x80")");
  EXPECT_EQ(as_json("\xe2\x82"), R"("\\xE2\\x82")");
}

// Every pair of bytes, judged by a parser that is not ours.
TEST(AccessLogEscape, MakesValidJsonOfAnyBytes) {
  std::string list = "[";
  for (int first = 0; first < 256; ++first) {
    std::string text;
    for (int second = 0; second < 256; ++second) text.append({static_cast<char>(first), static_cast<char>(second)});
    list += as_json(text) + (first == 255 ? "]" : ",");
  }
  kirsch::test::Process python({"python3", "-c", "import json, sys\nprint(len(json.load(sys.stdin)))"},
                               {.folder = {}, .environment = {}, .input = list});
  EXPECT_EQ(python.wait(), 0) << python.output().errors;
  EXPECT_EQ(python.output().out, "256\n");
}

TEST(AccessLogMask, HidesValuesOfTheNamedParametersOnly) {
  const std::vector<std::string> names{"token", "password", "a b"};
  const std::pair<std::string_view, std::string_view> urls[] = {
      {"/", "/"},
      {"/?", "/?"},
      {"/?a=1&b", "/?a=1&b"},
      {"/?token=secret", "/?token=***"},
      {"/a?x=1&TOKEN=a=b&y=2&password=&Password=c", "/a?x=1&TOKEN=***&y=2&password=&Password=***"},
      {"/?token&tokens=1&xtoken=2&token=", "/?token&tokens=1&xtoken=2&token="},
      {"/?a=1&&token=x&", "/?a=1&&token=***&"},
      {"https://a.example/?token=x?y", "https://a.example/?token=***"},
      {"/token=x", "/token=x"},
      {"/?tok%65n=secret&%74%6F%6b%65%4E=a", "/?tok%65n=***&%74%6F%6b%65%4E=***"},
      {"/?tok%2565n=x&tok%6=x&token%=x&%=x&%74=x", "/?tok%2565n=x&tok%6=x&token%=x&%=x&%74=x"},
      {"/?pass+word=x&pass%20word=x&a+b=x&a%20B=x", "/?pass+word=x&pass%20word=x&a+b=***&a%20B=***"},
  };
  std::string scratch;
  for (const auto& [url, expected] : urls) EXPECT_EQ(masked_url(url, names, scratch), expected);
}

}  // namespace
}  // namespace accesslog
