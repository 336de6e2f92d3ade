// The shape of a line: what is escaped, what is cut.
#include "base/log_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace kirsch::base {
namespace {

using ::testing::EndsWith;

std::string line_of(std::string_view text, std::size_t longest = LogLine::largest) {
  std::string bytes;
  LogLine line(bytes, longest);
  line.append_escaped(text);
  return std::string(line.ended());
}

TEST(LogLineTest, EscapesWhatCouldForgeALineOrSteerATerminal) {
  const std::string evil("a\r\nb\x1b[2J\0c\x7f\xc3\xa9", 13);
  EXPECT_EQ(line_of(evil), R"(a\x0d\x0ab\x1b[2J\x00c\x7f\xc3\xa9)"
                           "\n");
}

TEST(LogLineTest, KeepsEveryPrintableByte) {
  std::string plain;
  for (char byte = 0x20; byte < 0x7f; ++byte) plain += byte;
  EXPECT_EQ(line_of(plain), plain + "\n");
}

TEST(LogLineTest, EscapesEveryOtherByteAtEveryPlace) {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, '~');
        text[place] = static_cast<char>(byte);
        const bool plain = byte >= ' ' && byte <= '~';
        ASSERT_EQ(line_of(text).size(), size + (plain ? 1 : 4)) << size << ' ' << place << ' ' << byte;
      }
    }
  }
}

TEST(LogLineTest, FillsTheLineToItsLastByte) { EXPECT_EQ(line_of("0123456789", 11), "0123456789\n"); }

TEST(LogLineTest, CutsAndMarksWhatIsTooLong) {
  EXPECT_EQ(line_of("0123456789x", 11), "0123 [cut]\n");
  for (const std::string_view text : {"\n", "x", "xyz\n"}) {
    std::string long_text;
    while (long_text.size() < 5000) long_text += text;
    const std::string line = line_of(long_text, 4096);
    EXPECT_GT(line.size(), 4090U - 3);
    EXPECT_LE(line.size(), 4096U);
    EXPECT_THAT(line, EndsWith(" [cut]\n"));
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  }
}

TEST(LogLineTest, HasRoomForTheLargest) {
  const std::string text(LogLine::largest - 1, 'x');
  EXPECT_EQ(line_of(text), text + "\n");
}

}  // namespace
}  // namespace kirsch::base
