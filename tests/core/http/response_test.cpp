// What is written ahead of a body, and that nothing a module sets can break out of its line.
#include <gtest/gtest.h>

#include <string>

#include "base/arena.h"
#include "http/reason_phrase.h"
#include "http/response_fields.h"
#include "http/response_head.h"
#include "kirsch/exchange.h"

namespace kirsch::http {
namespace {

using namespace std::string_literals;

std::string text_of(const ResponseHead& head, const AnswerContext& context = AnswerContext()) {
  std::string text(head_room(head), '\0');
  const char* const end =
      write_head(text.data(), head, context, answer_framing(head, context), "HTTP/1.1 200 OK\r\nDate: D\r\n");
  text.resize(static_cast<std::size_t>(end - text.data()));
  return text;
}

TEST(ResponseFields, AreSetAddedDefaultedAndRemovedInAnyCase) {
  base::Arena arena;
  ResponseFields fields(arena);
  EXPECT_TRUE(fields.set("X-One", "1"));
  EXPECT_TRUE(fields.add("x-one", "2"));
  EXPECT_TRUE(fields.set_default("X-ONE", "3"));
  EXPECT_EQ(fields.lines().size(), 2U);
  EXPECT_EQ(fields.get("x-One"), "1");
  EXPECT_TRUE(fields.set("X-ONE", "4"));
  EXPECT_EQ(fields.lines().size(), 1U);
  EXPECT_EQ(fields.get("X-One"), "4");
  EXPECT_TRUE(fields.set_default("Content-Type", "text/plain"));
  EXPECT_EQ(fields.get(FieldName::content_type), "text/plain");
  EXPECT_TRUE(fields.remove("content-TYPE"));
  EXPECT_EQ(fields.get("Content-Type"), std::nullopt);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(fields.add("X-" + std::to_string(i), "v"));
  EXPECT_EQ(fields.lines().size(), 101U);
  EXPECT_EQ(fields.get("x-99"), "v");
}

TEST(ResponseFields, RefuseWhatCouldSplitTheResponse) {
  base::Arena arena;
  ResponseFields fields(arena);
  for (const std::string& bad : {"a\r\nSet-Cookie: x"s, "a\nb"s, "a\rb"s, "a\0b"s, "\x01"s, "a\x7f"s, " a"s, "a\t"s}) {
    EXPECT_FALSE(fields.set("X", bad)) << bad;
    EXPECT_FALSE(fields.add("X", bad)) << bad;
    EXPECT_FALSE(fields.set_default("X", bad)) << bad;
  }
  for (const std::string& bad : {""s, "a b"s, "a:"s, "a\r\n"s, "a\0"s, "\xc3\xa4"s, "("s}) {
    EXPECT_FALSE(fields.set(bad, "v")) << bad;
  }
  EXPECT_TRUE(fields.lines().empty());
  EXPECT_TRUE(fields.set("X", "tab\tand \xff stay"));
  EXPECT_TRUE(fields.set("Y", ""));
}

TEST(ResponseFields, TakePreparedLinesAsTheyAre) {
  base::Arena arena;
  ResponseFields fields(arena);
  const std::string line = "X-One: 1: 2\r\n";
  const auto one = ResponseFields::prepared(line);
  ASSERT_TRUE(one);
  EXPECT_TRUE(fields.add("x-one", "0"));
  fields.set_default(*one);
  EXPECT_EQ(fields.get("X-One"), "0");
  fields.set(*one);
  EXPECT_EQ(fields.get("X-One"), "1: 2");
  EXPECT_EQ(fields.get("X-One")->data(), line.data() + 7);
  fields.add(*one);
  EXPECT_EQ(fields.lines().size(), 2U);
  EXPECT_EQ(fields.size(), 2 * line.size());
  EXPECT_TRUE(ResponseFields::prepared("X: \r\n"));
  for (const std::string& bad :
       {""s, "X"s, "X: "s, "X: v"s, "X: v\n"s, "X:v\r\n"s, ": v\r\n"s, "X :  v\r\n"s, "X:  v\r\n"s, "X: a\r\nY: b\r\n"s,
        "X: a\nb\r\n"s, "X: \r"s, "Date: D\r\n"s, "Content-Length: 1\r\n"s, "Connection: close\r\n"s}) {
    EXPECT_FALSE(ResponseFields::prepared(bad)) << bad;
  }
}

TEST(ResponseFields, TakeWhatTheSdkFindsNoFaultWith) {
  base::Arena arena;
  ResponseFields fields(arena);
  for (int byte = 0; byte < 256; ++byte) {
    const char one = static_cast<char>(byte);
    for (const std::string& text : {std::string(1, one), "a"s + one, "a"s + one + "b", one + "b"s}) {
      EXPECT_EQ(kirsch::field_fault(text).empty(), fields.set(text, "v")) << byte;
      EXPECT_EQ(kirsch::field_fault("X", text).empty(), fields.set("X", text)) << byte;
    }
  }
  EXPECT_EQ(kirsch::field_fault("").empty(), fields.set("", "v"));
  EXPECT_EQ(kirsch::field_fault("X", "").empty(), fields.set("X", ""));
  const std::string longest(65535, 'n');
  EXPECT_EQ(kirsch::field_fault(longest).empty(), fields.set(longest, "v"));
  EXPECT_EQ(kirsch::field_fault(longest + 'n').empty(), fields.set(longest + 'n', "v"));
  for (const auto* name : {"Connection", "content-LENGTH", "Date", "Keep-Alive", "Trailer", "Transfer-Encoding"}) {
    EXPECT_FALSE(fields.set(name, "1")) << name;
    EXPECT_FALSE(kirsch::field_fault(name, "1").empty()) << name;
  }
}

TEST(ResponseFields, OfOneHopAreNotConfiguredThoughAHandlerMaySetThem) {
  EXPECT_EQ(kirsch::field_fault("Upgrade", "websocket"), "Upgrade belongs to the server, which sets it itself");
  EXPECT_FALSE(kirsch::field_fault("proxy-connection", "close").empty());
  EXPECT_TRUE(kirsch::same_field("Content-Type", "content-TYPE"));
  EXPECT_FALSE(kirsch::same_field("Content-Type", "Content-Typ"));
  EXPECT_FALSE(kirsch::same_field("A@", "A`"));
}

TEST(ResponseFields, LeaveTheFramingToTheConnection) {
  base::Arena arena;
  ResponseFields fields(arena);
  for (const char* name : {"Content-Length", "transfer-encoding", "Connection", "DATE", "Keep-Alive", "Trailer"}) {
    EXPECT_FALSE(fields.set(name, "1")) << name;
    EXPECT_FALSE(fields.add(name, "1")) << name;
    EXPECT_FALSE(fields.remove(name)) << name;
  }
}

TEST(ResponseHead, BeginsWithStatusDateAndFraming) {
  base::Arena arena;
  ResponseFields fields(arena);
  fields.set("X-One", "1");
  ResponseHead head;
  head.fields = &fields;
  head.length = 5;
  EXPECT_EQ(text_of(head), "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\nX-One: 1\r\n\r\n");
  head.status = 404;
  EXPECT_EQ(text_of(head), "HTTP/1.1 404 Not Found\r\nDate: D\r\nContent-Length: 5\r\nX-One: 1\r\n\r\n");
  head.status = 299;
  head.fields = nullptr;
  EXPECT_EQ(text_of(head), "HTTP/1.1 299 \r\nDate: D\r\nContent-Length: 5\r\n\r\n");
}

TEST(ResponseHead, MarksTheEndOfABodyOfUnknownLength) {
  ResponseHead head;
  head.body = BodyLength::unknown;
  EXPECT_EQ(text_of(head), "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(text_of(head, {0, false, true}), "HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(text_of(head, {1, true, true}), "HTTP/1.1 200 OK\r\nDate: D\r\n\r\n");
  EXPECT_EQ(answer_framing(head, {1, true, true}).body, BodyFraming::none);
  EXPECT_FALSE(answer_framing(head, {0, false, true}).keep_alive);
}

TEST(ResponseHead, GivesNoLengthWhereThereIsNoBody) {
  ResponseHead head;
  head.length = 7;
  for (const std::uint16_t status : {std::uint16_t{204}, std::uint16_t{304}}) {
    head.status = status;
    EXPECT_EQ(text_of(head).find("Content-Length"), std::string::npos);
    EXPECT_EQ(answer_framing(head, AnswerContext()).body, BodyFraming::none);
  }
  head.status = 205;
  EXPECT_NE(text_of(head).find("Content-Length: 0\r\n"), std::string::npos);
  head.status = 101;
  EXPECT_EQ(text_of(head), "HTTP/1.1 101 Switching Protocols\r\nDate: D\r\nConnection: upgrade\r\n\r\n");
  head.status = 200;
  EXPECT_EQ(text_of(head, {1, true, true}), "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 7\r\n\r\n");
}

TEST(ResponseHead, SaysWhatBecomesOfTheConnection) {
  const ResponseHead head;
  EXPECT_EQ(text_of(head, {1, false, true}).find("Connection"), std::string::npos);
  EXPECT_NE(text_of(head, {1, false, false}).find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(text_of(head, {0, false, true}).find("Connection: keep-alive\r\n"), std::string::npos);
  EXPECT_NE(text_of(head, {0, false, false}).find("Connection: close\r\n"), std::string::npos);
}

TEST(UsualLines, HaveTheDateInTheFormOfRfc9110) {
  UsualLines lines;
  EXPECT_EQ(lines.at(784111777), "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_EQ(lines.at(784111777), "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_EQ(lines.at(0), "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
  EXPECT_EQ(lines.at(951782400), "HTTP/1.1 200 OK\r\nDate: Tue, 29 Feb 2000 00:00:00 GMT\r\n");
}

TEST(ReasonPhrase, IsThatOfTheRegistry) {
  EXPECT_EQ(reason_phrase(100), "Continue");
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(511), "Network Authentication Required");
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(reason_phrase(0), "");
  EXPECT_EQ(reason_phrase(999), "");
}

}  // namespace
}  // namespace kirsch::http
