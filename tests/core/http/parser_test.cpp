// The head parser: every framing and syntax fault of the catalogue, what is legal beside it, all limits, all splits.
#include "http/parser.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "base/arena.h"
#include "parsed.h"

namespace kirsch::http {
namespace {

using namespace std::string_literals;

struct Case {
  std::uint16_t status;  // 0: legal
  std::string message;
};

std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }
std::string post(const std::string& fields) { return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }
std::string line(const std::string& request_line) { return request_line + "\r\nHost: a\r\n\r\n"; }
std::string host(const std::string& value) { return "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n"; }

std::vector<Case> framing_cases() {
  std::vector<Case> cases = {
      // A1
      {400, post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
      {400, post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
      {400, post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n")},
      // A2
      {0, post("Transfer-Encoding: chunked\r\n")},
      {0, post("transfer-encoding: CHUNKED \t\r\n")},
      {501, post("Transfer-Encoding: xchunked\r\n")},
      {400, post("Transfer-Encoding: chunked, identity\r\n")},
      {501, post("Transfer-Encoding: identity\r\n")},
      {501, post("Transfer-Encoding: gzip, chunked\r\n")},
      {400, post("Transfer-Encoding: \"chunked\"\r\n")},
      {400, post("Transfer-Encoding: \vchunked\r\n")},
      {400, post("Transfer-Encoding: chunked\0\r\n"s)},
      {400, post("Transfer-Encoding: \xa0"
                 "chunked\r\n")},
      {400, post("Transfer-Encoding: chunked;q=1\r\n")},
      {400, post("Transfer-Encoding:\r\n")},
      {400, post("Transfer-Encoding: ,chunked\r\n")},
      {501, post("Transfer-Encoding: cow\r\n")},
      // A3
      {400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
      {400, post("Transfer-Encoding: chunked, chunked\r\n")},
      {400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n")},
      // A4
      {400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},
      // A5
      {400, post("Transfer-Encoding : chunked\r\n")},
      {400, post("Transfer-Encoding\t: chunked\r\n")},
      {400, post(" Transfer-Encoding: chunked\r\n")},
      {400, post("Content-\r\nLength: 5\r\n")},
      {400, post("Transfer_Encoding: chunked\r\n")},
      {400, post("content_LENGTH: 5\r\n")},
      {400, post("Transfer-Encoding\x85: chunked\r\n")},
      {400, post("Content-Length\r\n")},
      {400, post("Content-Length 5\r\n")},
      // A6
      {400, post("X: 1\r\n Transfer-Encoding: chunked\r\n")},
      {400, post("Transfer-Encoding:\r\n chunked\r\n")},
      {400, post("X: 1\nTransfer-Encoding: chunked\r\n")},
      {400, post("X: 1\rTransfer-Encoding: chunked\r\n")},
      // A7
      {0, post("Content-Length: 005\r\n")},
      {0, post("Content-Length: 9223372036854775807\r\n")},
      {0, post("Content-Length: \t 5 \t\r\n")},
      // A8, A9
      {400, post("Content-Length: 5\r\nContent-Length: 6\r\n")},
      {400, post("Content-Length: 6\r\nContent-Length: 5\r\n")},
      {400, post("Content-Length: 5\r\nContent-Length: 5\r\n")},
      {400, post("Content-Length: 5, 5\r\n")},
  };
  for (const std::string& value : {"+5"s,
                                   "-5"s,
                                   "5 5"s,
                                   "5,6"s,
                                   "0x5"s,
                                   "5a"s,
                                   ""s,
                                   "5.0"s,
                                   "5e0"s,
                                   "\xc2\xb2"s,
                                   "5_0"s,
                                   "\v5"s,
                                   "5\0"s,
                                   "\"5\""s,
                                   "'5'"s,
                                   "9223372036854775808"s,
                                   "18446744073709551615"s,
                                   "18446744073709551616"s,
                                   "18446744073709551621"s,
                                   "99999999999999999999"s,
                                   ";"s}) {
    cases.push_back({400, post("Content-Length: " + value + "\r\n")});
  }
  return cases;
}

std::vector<Case> syntax_cases() {
  std::vector<Case> cases = {
      {0, get("")},
      {0, "\r\n" + get("")},
      // B1
      {400, "GET / HTTP/1.1\nHost: a\n\n"},
      {400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
      // B2
      {400, get("X: a\rb\r\n")},
      {400, get("X: a\0b\r\n"s)},
      {400, get("X: a\x01"
                "b\r\n")},
      {400, get("X: a\x7f\r\n")},
      {400, get("X: a\x1f\r\n")},
      {400, get("X\0: a\r\n"s)},
      {400, get("X\x01: a\r\n")},
      {0, get("X: \x80\xff obs\ttext\r\n")},
      {0, get("X:\r\n")},
      {0, get("X: a long value of more than sixteen bytes, without an end in sight\r\n")},
      {400, get("X: a long value of more than sixteen bytes,\x01 without an end in sight\r\n")},
      // B3
      {400, get("X(y): a\r\n")},
      {400, get(": a\r\n")},
      {400, get("nocolon\r\n")},
      {400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n"},
      {400, get("X: a\r\n b\r\n")},
      {400, get("X: a\r\n\tb\r\n")},
      {400, get("X y: a\r\n")},
      {400, get("\"X\": a\r\n")},
      // B4
      {400, "GET / HTTP/1.1\r\nX: a\r\n\r\n"},
      {0, "GET / HTTP/1.0\r\nX: a\r\n\r\n"},
      {400, get("Host: a\r\n")},
      {400, get("Host: b\r\n")},
      {400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"},
      // B5
      {0, "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {0, "GET HTTP://A:80/x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {0, "GET https://a/x HTTP/1.1\r\nHost: a:443\r\n\r\n"},
      {400, "GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET http://a:81/x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET ftp://a/x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET http://a/x HTTP/1.1\r\n\r\n"},
      {400, "GET http:/x HTTP/1.1\r\nHost: a\r\n\r\n"},
      // B6
      {505, line("GET / HTTP/0.9")},
      {400, line("GET / HTTP/1.10")},
      {400, line("GET / HTTP/1.")},
      {400, line("GET / HTTP/01.1")},
      {400, line("GET / HTTP/+1.1")},
      {400, line("GET / http/1.1")},
      {400, line("GET / HTTP/4294967297.1")},
      {400, line("GET / HTTPS/1.1")},
      {400, line("GET / HTTP/1,1")},
      {505, line("GET / HTTP/2.0")},
      {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {0, line("GET / HTTP/1.2")},
      {0, line("GET / HTTP/1.9")},
      {400, "GET /\r\n"},
      {400, "GET\r\n"},
      // B7
      {400, line("GET\t/ HTTP/1.1")},
      {400, line("GET /\vHTTP/1.1")},
      {400, line("GET  / HTTP/1.1")},
      {400, line("GET /  HTTP/1.1")},
      {400, line("GET / HTTP/1.1 ")},
      {400, line("GET /a b HTTP/1.1")},
      {400, line(" GET / HTTP/1.1")},
      // B8
      {400, line("GET /\x01 HTTP/1.1")},
      {400, line("GET /\0 HTTP/1.1"s)},
      {400, line("GET /\xc3\xa4 HTTP/1.1")},
      {400, line("GET /\x7f HTTP/1.1")},
      {400, line("GET /a#b HTTP/1.1")},
      {400, line("GET a HTTP/1.1")},
      {400, line("GET * HTTP/1.1")},
      {400, line("GET ?a HTTP/1.1")},
      {0, line("OPTIONS * HTTP/1.1")},
      // B9
      {400, line("G\x01T / HTTP/1.1")},
      {400, line("G(T / HTTP/1.1")},
      {501, line("get / HTTP/1.1")},
      {501, line("BREW / HTTP/1.1")},
      {501, line(std::string(32, 'A') + " / HTTP/1.1")},
      {501, line(std::string(33, 'A') + " / HTTP/1.1")},
      {501, line(std::string(4096, 'A') + " / HTTP/1.1")},
      {501, line(std::string(20'000, 'A') + " / HTTP/1.1")},
      {400, line(std::string(20, 'A') + "(" + std::string(20'000, 'A') + " / HTTP/1.1")},
      // B10: CONNECT never; TRACE is a matter of the layer above.
      {501, "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"},
      {400, "CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n"},
      {0, line("TRACE / HTTP/1.1")},
      // B11: more than one empty line ahead
      {400, "\r\n\r\n" + get("")},
      {400, "\n" + get("")},
      {400, "\r" + get("")},
      // B12
      {417, get("Expect: 200-ok\r\n")},
      {417, get("Expect:\r\n")},
      {0, get("Expect: 100-Continue\r\n")},
      {0, get("Upgrade: h2c\r\nConnection: upgrade, http2-settings\r\n")},
      {400,
       post("Connection: content-length, transfer-encoding\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
      {400, get("Connection: keep alive\r\n")},
      {400, get("Connection: close; x\r\n")},
      {0, get("Connection: , close,\r\n")},
      // TLS on a plain port
      {400, "\x16\x03\x01\x02"},
  };
  for (const std::string& good : {"a"s, "A.Example"s, "a:80"s, "127.0.0.1"s, "[::1]"s, "[::1]:8080"s, "a.b."s, "a_b"s,
                                  "[1:2:3:4:5:6:7:8]"s, "[::ffff:1.2.3.4]"s, "[1::]"s, "[::]"s, "a:0"s}) {
    cases.push_back({0, host(good)});
  }
  for (const std::string& bad : {""s,
                                 "a, b"s,
                                 "a b"s,
                                 "a/b"s,
                                 "u@a"s,
                                 "a:"s,
                                 "a:x"s,
                                 "a:65536"s,
                                 "a:123456"s,
                                 "a:-1"s,
                                 "[::1"s,
                                 "[::g]"s,
                                 "[]"s,
                                 "[1:2:3:4:5:6:7]"s,
                                 "[1:2:3:4:5:6:7:8:9]"s,
                                 "[1::2::3]"s,
                                 "[::1]x"s,
                                 "[fe80::1%25eth0]"s,
                                 "a\0"s,
                                 ":80"s,
                                 "."s,
                                 "a.."s,
                                 "a?b"s,
                                 "a%41"s,
                                 "[:1]"s,
                                 "[1:2:3:4:5:6:7::8:9]"s,
                                 "[::1.2.3]"s,
                                 "[::256.1.1.1]"s,
                                 "\xc3\xa4"s}) {
    cases.push_back({400, host(bad)});
  }
  return cases;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases = framing_cases();
  for (Case& one : syntax_cases()) cases.push_back(std::move(one));
  return cases;
}

void expect_outcome(const Case& one) {
  const Parsed parsed = parse(one.message);
  SCOPED_TRACE(one.message.substr(0, 200));
  EXPECT_EQ(parsed.status, one.status);
  EXPECT_EQ(parsed.result, one.status == 0 ? ParseResult::complete : ParseResult::malformed);
  if (one.status == 0) {
    EXPECT_EQ(parsed.size, one.message.size());
  }
}

TEST(Parser, AnswersEveryFramingFaultAsTheCatalogueSays) {
  for (const Case& one : framing_cases()) expect_outcome(one);
}

TEST(Parser, AnswersEverySyntaxFaultAsTheCatalogueSays) {
  for (const Case& one : syntax_cases()) expect_outcome(one);
}

TEST(Parser, SeesTheSameHoweverAMessageIsSplit) {
  for (const Case& one : all_cases()) {
    SCOPED_TRACE(one.message.substr(0, 200));
    const Parsed whole = parse(one.message);
    const std::size_t step = one.message.size() > 1000 ? 97 : 1;
    for (std::size_t cut = 1; cut < one.message.size(); cut += step) {
      ASSERT_EQ(parse_in_steps(one.message, {cut, one.message.size()}), whole) << "cut at " << cut;
    }
    if (one.message.size() > 1000) continue;
    std::vector<std::size_t> every(one.message.size());
    std::iota(every.begin(), every.end(), 1U);
    ASSERT_EQ(parse_in_steps(one.message, every), whole) << "byte by byte";
  }
}

TEST(Parser, AsksForMoreUntilTheLastByteOfALegalHead) {
  for (const Case& one : all_cases()) {
    if (one.status != 0) continue;
    for (std::size_t end = 1; end < one.message.size(); ++end) {
      ASSERT_EQ(parse(one.message.substr(0, end)).result, ParseResult::need_more) << one.message << end;
    }
  }
}

TEST(Parser, LeavesWhatFollowsTheHead) {
  const std::string head = post("Content-Length: 5\r\n");
  EXPECT_EQ(parse(head + "hello" + head).size, head.size());
}

TEST(Parser, ShowsAllPartsOfARequest) {
  const std::string message =
      "\r\nPOST /a/b?x=1&y=?2 HTTP/1.1\r\nHost: WWW.Example.ORG:8080\r\nconnection: Keep-Alive, Upgrade\r\n"
      "Upgrade: websocket\r\nContent-Length: 12\r\nEXPECT: 100-continue\r\nX-Own:  two words \r\n\r\n";
  std::string bytes = message;
  const Limits limits;
  HeadParser parser(limits);
  ASSERT_EQ(parser.parse(bytes.data(), bytes.size()), ParseResult::complete);
  const RequestHead& head = parser.head();
  EXPECT_EQ(head.method, KIRSCH_METHOD_POST);
  EXPECT_EQ(head.method_name, "POST");
  EXPECT_EQ(head.target, "/a/b?x=1&y=?2");
  EXPECT_EQ(head.path, "/a/b");
  EXPECT_EQ(head.query, "x=1&y=?2");
  EXPECT_EQ(head.authority, "www.example.org:8080");
  EXPECT_EQ(head.host, "www.example.org");
  EXPECT_EQ(head.version_minor, 1);
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.upgrade);
  EXPECT_TRUE(head.expect_continue);
  EXPECT_FALSE(head.chunked);
  EXPECT_TRUE(head.has_body());
  ASSERT_EQ(head.fields.size(), 6U);
  EXPECT_EQ(name(head.fields[5]), "X-Own");
  EXPECT_EQ(value(head.fields[5]), "two words");
  EXPECT_EQ(head.fields[5].id, 0);
  EXPECT_EQ(head.field("x-own"), &head.fields[5]);
  EXPECT_EQ(head.field("UPGRADE"), &head.fields[2]);
  EXPECT_EQ(head.field(FieldName::host), &head.fields[0]);
  EXPECT_EQ(head.field("absent"), nullptr);
  EXPECT_EQ(head.bytes.size(), message.size());
}

TEST(Parser, KnowsWhenAConnectionPersists) {
  auto keeps = [](const std::string& message) { return parse(message).text.find("keep ") != std::string::npos; };
  EXPECT_TRUE(keeps(get("")));
  EXPECT_FALSE(keeps(get("Connection: close\r\n")));
  EXPECT_FALSE(keeps(get("Connection: keep-alive\r\nConnection: x , CLOSE\r\n")));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(Parser, TakesPathAndQueryOutOfAbsoluteTargets) {
  auto path_of = [](const std::string& target, const char* method = "GET") {
    const Parsed parsed = parse(method + (" " + target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::size_t begin = parsed.text.find("path=") + 5;
    return parsed.text.substr(begin, parsed.text.find("minor") - begin);
  };
  EXPECT_EQ(path_of("http://a"), "/\nquery=\n");
  EXPECT_EQ(path_of("http://a?x"), "/\nquery=x\n");
  EXPECT_EQ(path_of("http://a/b?x"), "/b\nquery=x\n");
  EXPECT_EQ(path_of("http://a", "OPTIONS"), "*\nquery=\n");
  EXPECT_EQ(path_of("http://a/", "OPTIONS"), "/\nquery=\n");
}

TEST(Parser, IgnoresExpectationsAndUpgradesOfHttp10) {
  const Parsed parsed = parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
  EXPECT_NE(parsed.text.find("flags=\n"), std::string::npos) << parsed.text;
}

TEST(Parser, EnforcesEachLimitToTheByte) {
  const Limits limits;
  auto status_of_target = [&](std::size_t size) {
    return parse(line("GET /" + std::string(size - 1, 'x') + " HTTP/1.1")).status;
  };
  EXPECT_EQ(status_of_target(limits.target - 1), 0);
  EXPECT_EQ(status_of_target(limits.target), 0);
  EXPECT_EQ(status_of_target(limits.target + 1), 414);
  EXPECT_EQ(status_of_target(limits.target + 100'000), 414);

  auto status_of_field = [&](std::size_t size) {
    return parse(get("X:" + std::string(size - 2, 'x') + "\r\n")).status;
  };
  EXPECT_EQ(status_of_field(limits.field - 1), 0);
  EXPECT_EQ(status_of_field(limits.field), 0);
  EXPECT_EQ(status_of_field(limits.field + 1), 431);
  EXPECT_EQ(parse(get(std::string(limits.field + 1, 'x') + ": 1\r\n")).status, 431);

  auto status_of_count = [&](std::size_t count) {
    std::string fields;
    for (std::size_t i = 1; i < count; ++i) fields += "X: 1\r\n";  // Host is one
    return parse(get(fields)).status;
  };
  EXPECT_EQ(status_of_count(limits.fields - 1), 0);
  EXPECT_EQ(status_of_count(limits.fields), 0);
  EXPECT_EQ(status_of_count(limits.fields + 1), 431);

  auto status_of_block = [&](std::size_t size) {
    std::string fields;
    std::size_t left = size - std::string("Host: a\r\n").size();
    while (left > 8000) {
      fields += "X:" + std::string(3996, 'x') + "\r\n";
      left -= 4000;
    }
    return parse(get(fields + "X:" + std::string(left - 4, 'x') + "\r\n")).status;
  };
  EXPECT_EQ(status_of_block(limits.field_block - 1), 0);
  EXPECT_EQ(status_of_block(limits.field_block), 0);
  EXPECT_EQ(status_of_block(limits.field_block + 1), 431);
}

TEST(Parser, RefusesEndlessLinesBeforeTheyEnd) {
  EXPECT_EQ(parse("GET /" + std::string(9000, 'x')).status, 414);
  EXPECT_EQ(parse(std::string(9000, 'G')).status, 501);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x')).status, 431);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\n" + std::string(9000, 'x')).status, 431);
}

TEST(Parser, KeepsTheHeadInAnArenaWhenItsBytesGo) {
  const std::string message = "GET http://A.b/p?q HTTP/1.1\r\nHost: a.B\r\nX-One: 1\r\nAccept: */*\r\n\r\n";
  const Limits limits;
  HeadParser parser(limits);
  base::Arena arena;
  std::string before;
  {
    auto bytes = std::make_unique<char[]>(message.size());
    std::copy(message.begin(), message.end(), bytes.get());
    ASSERT_EQ(parser.parse(bytes.get(), message.size()), ParseResult::complete);
    before = describe(parser.head());
    parser.head().keep(arena);
    std::fill_n(bytes.get(), message.size(), '!');
  }
  const RequestHead kept = parser.head();
  parser.reset();
  EXPECT_EQ(describe(kept), before);
  EXPECT_NE(before.find("authority=a.b"), std::string::npos);
}

TEST(Parser, KeepsWhatItUnderstoodOfAMalformedHead) {
  const std::string long_target = "GET /" + std::string(9000, 'x') + " HTTP/1.1\r\n";
  for (const std::string& message : {"PUT /a?b HTTP/9.1\r\n\r\n"s, "PUT http://u@h/x HTTP/1.1\r\n\r\n"s,
                                     "PUT / HTTP/1.1\r\nA: 1\r\nB C\r\n"s, long_target, "(\r\n"s}) {
    auto bytes = std::make_unique<char[]>(message.size());
    std::copy(message.begin(), message.end(), bytes.get());
    const Limits limits;
    HeadParser parser(limits);
    ASSERT_EQ(parser.parse(bytes.get(), message.size()), ParseResult::malformed);
    base::Arena arena;
    const std::string before = describe(parser.head());
    parser.head().keep(arena);
    bytes.reset();
    EXPECT_EQ(describe(parser.head()), before);
  }
}

TEST(Parser, ShowsWhatItUnderstoodOfAMalformedHead) {
  std::string bytes = "GET /here?now HTTP/1.1\r\nX-One: 1\r\nBad Name: 2\r\n\r\n";
  const Limits limits;
  HeadParser parser(limits);
  ASSERT_EQ(parser.parse(bytes.data(), bytes.size()), ParseResult::malformed);
  EXPECT_EQ(parser.head().path, "/here");
  ASSERT_EQ(parser.head().fields.size(), 1U);
  EXPECT_TRUE(parser.head().host.empty());
  EXPECT_FALSE(parser.fault().reason.empty());
}

}  // namespace
}  // namespace kirsch::http
