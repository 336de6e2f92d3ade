// Frames and messages, section by section of RFC 6455. Each case is also split at every byte.
#include <gmock/gmock.h>

#include "client_frames.h"
#include "websocket/close_code.h"

namespace websocket {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Events = std::vector<std::string>;
using namespace std::string_literals;
using namespace std::string_view_literals;

void expect(const std::string& bytes, const Events& events, const ReadLimits& limits = {}) {
  const auto shown = [&](std::size_t cut) {
    return "cut at " + std::to_string(cut) + " of " + std::to_string(bytes.size());
  };
  const std::size_t step = bytes.size() > 4096 ? bytes.size() / 512 : 1;
  for (std::size_t cut = 0; cut <= bytes.size(); cut += step)
    EXPECT_EQ(events_of(bytes, cut, limits), events) << shown(cut);
}

std::string text(std::string_view payload) { return client_frame({0x81, payload}); }
std::string frame(unsigned first, std::string_view payload = {}) { return client_frame({first, payload}); }

// 5.7, examples
TEST(Frames, AreThoseOfTheExamples) {
  expect("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s, {"text Hello"});
  expect("\x01\x83\x00\x00\x00\x00Hel\x80\x82\x00\x00\x00\x00lo"s, {"text Hello"});
  expect("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s, {"pong Hello"});
}

// 5.1
TEST(Frames, MustBeMasked) {
  expect("\x81\x05Hello"s, {"1002 frame without a mask"});
  expect("\x89\x00"s, {"1002 frame without a mask"});
  expect(text("one") + "\x81\x05Hello"s, {"text one", "1002 frame without a mask"});
}

// 5.2
TEST(Frames, HaveNoReservedBits) {
  for (const unsigned bits : {0x10U, 0x20U, 0x40U, 0x70U}) {
    expect(frame(0x81 | bits, "x"), {"1002 reserved bit"});
    expect(frame(0x89 | bits), {"1002 reserved bit"});
  }
}

TEST(Frames, OfReservedOpcodesAreRefusedWithTheirFirstByte) {
  for (unsigned opcode = 0; opcode < 16; ++opcode) {
    if (opcode <= 2 || (opcode >= 8 && opcode <= 10)) continue;
    EXPECT_THAT(events_of({static_cast<char>(0x80 | opcode)}, 0), ElementsAre("1002 reserved opcode")) << opcode;
  }
}

TEST(Frames, OfEverySizeArrive) {
  for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 127UL, 128UL, 65535UL, 65536UL, 65537UL}) {
    const std::string payload(size, '*');
    expect(frame(0x82, payload), {"binary " + payload});
  }
}

TEST(Frames, SayTheirLengthInItsShortestForm) {
  const auto longer = "1002 length in more bytes than it needs";
  expect("\x82\xFE\x00\x7D\0\0\0\0"s, {longer});
  expect("\x82\xFE\x00\x00\0\0\0\0"s, {longer});
  expect("\x82\xFF\x00\x00\x00\x00\x00\x00\xFF\xFF\0\0\0\0"s, {longer});
  expect("\x82\xFF\x00\x00\x00\x00\x00\x00\x00\x05\0\0\0\0"s, {longer});
}

TEST(Frames, HaveNoNegativeLength) {
  expect("\x82\xFF\x80\x00\x00\x00\x00\x00\x00\x00\0\0\0\0"s, {"1002 length with its highest bit"});
  expect("\x82\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0"s, {"1002 length with its highest bit"});
}

TEST(Frames, BeyondTheLimitAreRefusedByTheirHead) {
  const ReadLimits limits{.message = 100};
  expect(frame(0x82, std::string(100, 'x')), {"binary " + std::string(100, 'x')}, limits);
  EXPECT_THAT(events_of("\x82\xE5\0\0\0\0"s, 0, limits), ElementsAre("1009 message too big"));
  EXPECT_THAT(events_of("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0"s, 0, limits),
              ElementsAre("1009 message too big"));
  const auto sixty = std::string(60, 'x');
  expect(frame(0x02, sixty) + frame(0x80, sixty), {"1009 message too big"}, limits);
  expect(frame(0x02, sixty) + frame(0x80, sixty.substr(20)), {"binary " + std::string(100, 'x')}, limits);
}

// 5.3
TEST(Frames, AreUnmaskedWithEveryKeyAtEveryPlace) {
  std::string payload;
  for (int byte = 0; byte < 300; ++byte) payload += static_cast<char>(byte);
  for (const auto mask : {"\0\0\0\0"sv, "\xFF\xFF\xFF\xFF"sv, "\x01\x02\x03\x04"sv})
    expect(client_frame({0x82, payload, mask}), {"binary " + payload});
}

// 5.4
TEST(Fragments, BecomeOneMessage) {
  expect(frame(0x01, "a") + frame(0x00, "b") + frame(0x80, "c"), {"text abc"});
  expect(frame(0x02) + frame(0x00) + frame(0x80), {"binary "});
  expect(frame(0x01, "a") + frame(0x80) + text("b"), {"text a", "text b"});
}

TEST(Fragments, LetControlFramesThrough) {
  expect(frame(0x01, "a") + frame(0x89, "1") + frame(0x00, "b") + frame(0x8A, "2") + frame(0x80, "c"),
         {"ping 1", "pong 2", "text abc"});
  expect(frame(0x01, "a") + frame(0x88), {"close "});
}

TEST(Fragments, KeepTheirOrder) {
  expect(frame(0x80, "a"), {"1002 continuation of nothing"});
  expect(frame(0x00, "a"), {"1002 continuation of nothing"});
  expect(text("a") + frame(0x80, "b"), {"text a", "1002 continuation of nothing"});
  expect(frame(0x01, "a") + text("b"), {"1002 message inside of a message"});
  expect(frame(0x01, "a") + frame(0x02, "b"), {"1002 message inside of a message"});
}

TEST(Fragments, AreCounted) {
  std::string flood = frame(0x02);
  for (int more = 0; more < 1023; ++more) flood += frame(0x00);
  expect(flood + frame(0x80), {"1008 too many fragments"});
  flood = frame(0x02);
  for (int more = 0; more < 1022; ++more) flood += frame(0x00);
  expect(flood + frame(0x80), {"binary "});
}

TEST(Fragments, ArriveOneByOneWhereTheApplicationWantsThem) {
  const ReadLimits pieces{.whole = false};
  const auto message = frame(0x01, "ab") + frame(0x00) + frame(0x00, "cd") + frame(0x80, "ef");
  EXPECT_THAT(events_of(message, 0, pieces), ElementsAre("text ab …", "text more cd …", "text more ef"));
  EXPECT_THAT(events_of(message, 7, pieces),  // inside of the first payload
              ElementsAre("text a …", "text more b …", "text more cd …", "text more ef"));
  EXPECT_THAT(events_of(text("whole"), 0, pieces), ElementsAre("text whole"));
  EXPECT_THAT(events_of(frame(0x01, "a") + frame(0x80), 0, pieces), ElementsAre("text a …", "text more "));
}

// 5.5
TEST(ControlFrames, AreShortAndWhole) {
  const std::string most(125, 'p');
  expect(frame(0x89, most), {"ping " + most});
  expect(frame(0x89, most + "p"), {"1002 long control frame"});
  for (const unsigned opcode : {0x08U, 0x09U, 0x0AU}) expect(frame(opcode), {"1002 fragmented control frame"});
}

// 5.5.1, 7.4
TEST(CloseFrames, HaveCodesThatMayBeSent) {
  const auto judged = [](int code) {
    const std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    return parse_close(payload).fault.code;
  };
  for (const int code :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999})
    EXPECT_EQ(judged(code), 0) << code;
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
    EXPECT_EQ(judged(code), 1002) << code;
}

TEST(CloseFrames, HaveNoneOrTwoBytesAndAReason) {
  EXPECT_EQ(parse_close("").code, no_code);
  EXPECT_EQ(parse_close("\x03").fault.code, 1002);
  EXPECT_EQ(parse_close("\x03\xE8").code, 1000);
  EXPECT_EQ(parse_close("\x03\xE8"
                        "bye")
                .reason,
            "bye");
  EXPECT_EQ(parse_close("\x03\xE8"
                        "\xFF")
                .fault.code,
            1007);
}

TEST(CloseFrames, AreMadeSoThatTheyMayBeSent) {
  EXPECT_EQ(close_payload(1000, "bye"),
            "\x03\xE8"
            "bye");
  EXPECT_EQ(close_payload(1005, ""), "\x03\xF3");
  const auto cut = close_payload(4000, std::string(122, 'x') + "ü");
  EXPECT_EQ(cut, "\x0F\xA0" + std::string(122, 'x'));
}

// 8.1
TEST(Text, IsUtf8) {
  for (const auto* good : {"", "κόσμε", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\x7F",
                           "an ASCII text that is longer than sixteen bytes, then ü, and ASCII again"})
    expect(text(good), {"text "s + good});
  for (const auto* bad : {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
                          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "\xC3",
                          "\xE2\x82", "\xF0\x9F\x92", "\xC3\xC3", "sixteen bytes of ASCII and more \xC3"}) {
    expect(text(bad), {"1007 text that is not UTF-8"});
    expect(frame(0x82, bad), {"binary "s + bad});
  }
}

TEST(Text, MayBeCutInsideOfACharacter) {
  expect(frame(0x01, "\xF0\x9F") + frame(0x80, "\x92\xA9"), {"text \xF0\x9F\x92\xA9"});
  expect(frame(0x01, "\xF0\x9F") + frame(0x80), {"1007 text that is not UTF-8"});
}

TEST(Text, FailsAsSoonAsItCan) {
  EXPECT_THAT(events_of(frame(0x01, "\xED\xA0"), 0), ElementsAre("1007 text that is not UTF-8"));
  const auto unfinished = client_frame({0x81, "\xFF and much more that never comes"}).substr(0, 7);
  EXPECT_THAT(events_of(unfinished, 0), ElementsAre("1007 text that is not UTF-8"));
}

// RFC 7692 6
TEST(CompressedMessages, SayItWithTheirFirstFrame) {
  const ReadLimits limits{.deflate = true};
  expect(frame(0xC1, "\xF2\x48\xCD"), {"text compressed \xF2\x48\xCD"}, limits);
  expect(frame(0x41, "a") + frame(0x80, "\xFF"), {"text compressed a\xFF"}, limits);
  expect(frame(0x41, "a") + frame(0xC0, "b"), {"1002 reserved bit"}, limits);
  expect(frame(0xC9), {"1002 reserved bit"}, limits);
  expect(frame(0xA1, "a"), {"1002 reserved bit"}, limits);
  expect(text("plain"), {"text plain"}, limits);
}

TEST(FrameReader, HoldsNothingBetweenMessages) {
  FrameReader reader;
  auto bytes = frame(0x01, "a") + frame(0x80, "b");
  std::span<char> input(bytes);
  EXPECT_EQ(reader.next(input, {}).bytes, "ab");
  EXPECT_EQ(reader.next(input, {}).type, Event::Type::nothing);
  EXPECT_TRUE(reader.idle());
}

TEST(FrameReader, GivesWholeMessagesWhereTheyLie) {
  FrameReader reader;
  auto bytes = text("in place");
  std::span<char> input(bytes);
  const auto event = reader.next(input, {});
  EXPECT_EQ(event.bytes.data(), bytes.data() + 6);
  EXPECT_THAT(input, IsEmpty());
}

}  // namespace
}  // namespace websocket
