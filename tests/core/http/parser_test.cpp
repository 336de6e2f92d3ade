// The head parser alone: all splits of the cases in tests/support/framing, what it shows of a head, all limits.
#include "http/parser.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "parsed.h"
#include "support/build.h"
#include "support/framing_cases.h"

namespace kirsch::http {
namespace {

using namespace std::string_literals;

std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }
std::string post(const std::string& fields) { return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }
std::string line(const std::string& request_line) { return request_line + "\r\nHost: a\r\n\r\n"; }

TEST(Parser, SeesTheSameHoweverAMessageIsSplit) {
  for (const test::FramingCase& one : test::framing_cases()) {
    SCOPED_TRACE(one.name);
    const Parsed whole = parse(one.bytes);
    const std::size_t step = one.bytes.size() > 1000 ? 97 : 1;
    for (std::size_t cut = 1; cut < one.bytes.size(); cut += step) {
      ASSERT_EQ(parse_in_steps(one.bytes, {cut, one.bytes.size()}), whole) << "cut at " << cut;
    }
    if (step != 1 || one.bytes.empty()) continue;
    std::vector<std::size_t> every(one.bytes.size());
    std::iota(every.begin(), every.end(), 1U);
    ASSERT_EQ(parse_in_steps(one.bytes, every), whole) << "byte by byte";
  }
}

// Where each line is cut behind its first byte no field ever lies there whole: the states alone judge it.
std::vector<std::size_t> cuts_in_each_line(std::string_view message) {
  std::vector<std::size_t> ends;
  for (auto end = message.find('\n'); end != message.npos && end + 2 < message.size();
       end = message.find('\n', end + 1))
    ends.push_back(end + 2);
  ends.push_back(message.size());
  return ends;
}

void expect_whole_fields_as_by_states(const std::string& message) {
  const Parsed whole = parse(message);
  ASSERT_EQ(parse_in_steps(message, cuts_in_each_line(message)), whole) << message;
}

// Each head once: what stands behind its end is not the parser's. Sanitizers, which look for reads too far, see every
// fourth.
std::vector<std::string> corpus_of_heads() {
  std::set<std::string> heads;
  const auto add = [&](const std::string& message) {
    const auto end = message.find("\r\n\r\n");
    if (std::min(end, message.size()) < 1000) heads.insert(message.substr(0, end == message.npos ? end : end + 4));
  };
  for (const test::FramingCase& one : test::framing_cases()) add(one.bytes);
  for (const auto& file : std::filesystem::directory_iterator(KIRSCH_SOURCE_DIR "/tests/fuzz/corpus/head")) {
    std::ifstream in(file.path(), std::ios::binary);
    add({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
  }
  std::vector<std::string> taken;
  std::size_t number = 0;
  for (const auto& head : heads) {
    if (!test::sanitized() || number++ % 4 == 0) taken.push_back(head);
  }
  return taken;
}

TEST(Parser, TakesWholeFieldsAsItsStatesDo) {
  const auto messages = corpus_of_heads();
  ASSERT_GT(messages.size(), 100U);
  for (const std::string& message : messages) {
    expect_whole_fields_as_by_states(message);
    for (std::size_t at = 0; at < message.size(); ++at) {
      for (const char byte : "\r\n\t: \x7f\x80,a"s) {
        std::string changed = message;
        changed[at] = byte;
        expect_whole_fields_as_by_states(changed);
      }
      expect_whole_fields_as_by_states(message.substr(0, at) + message.substr(at + 1));
      if (HasFatalFailure()) return;
    }
  }
}

// Fields that the head before had as well are not searched again.
TEST(Parser, TakesRepeatedFieldsAsNewOnes) {
  Reader reader;
  for (const std::string& message : corpus_of_heads()) {
    const Parsed whole = parse(message);
    for (std::size_t at = 0; at < message.size(); ++at) {
      ASSERT_EQ(parse_in_steps(reader, message, {at, message.size()}), whole) << message;
      for (const char byte : "\r\n: xX"s) {
        std::string changed = message;
        changed[at] = byte;
        ASSERT_EQ(parse_in_steps(reader, changed, {changed.size()}), parse(changed)) << changed;
        ASSERT_EQ(parse_in_steps(reader, message, {message.size()}), whole) << message;
      }
    }
  }
}

// What the same fields mean depends on the request line, and on what stands behind them.
TEST(Parser, TakesRepeatedFramingAsNew) {
  std::vector<std::string> heads;
  for (const std::string line :
       {"GET / HTTP/1.1", "GET / HTTP/1.0", "GET http://a/ HTTP/1.1", "GET http://b/ HTTP/1.1"}) {
    for (const std::string host : {"Host: a\r\n", "Host: A\r\n", "Host: a:80\r\n", ""}) {
      for (const std::string more :
           {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Host: a\r\n", "Connection: close\r\n",
            "Connection: upgrade\r\nUpgrade: x\r\n", "Expect: 100-continue\r\n"}) {
        heads.push_back(line + "\r\n" + host + more + "\r\n");
      }
    }
  }
  for (const std::string& first : heads) {
    for (const std::string& second : heads) {
      Reader reader;
      for (const std::string& head : {first, first, second, second, first})
        ASSERT_EQ(parse_in_steps(reader, head, {head.size()}), parse(head)) << first << second;
    }
  }
}

TEST(Parser, TakesRepeatedFieldsOfHeadsOfAllSizes) {
  Reader reader;
  for (const std::size_t count : {0U, 1U, 30U, 90U, 3U}) {
    for (const std::size_t size : {0U, 1U, 50U, 2000U}) {
      std::string fields;
      for (std::size_t number = 0; number < count && fields.size() + size < 30'000; ++number)
        fields += "X-" + std::to_string(number) + ": " + std::string(size, 'v') + "\r\n";
      const std::string message = get(fields);
      for (int time = 0; time < 2; ++time)
        ASSERT_EQ(parse_in_steps(reader, message, {message.size()}), parse(message)) << count << ' ' << size;
    }
  }
}

TEST(Parser, TakesWholeFieldsWithinTheLimitsOfItsStates) {
  for (const char* const name : {"X", "Accept-Encoding"}) {
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 31U, 40U}) {
      const std::string line = std::string(name) + ": " + std::string(size, 'v') + "\r\n";
      const std::string message = get(line + "Last: 1\r\n");
      Limits limits;
      for (std::size_t limit = 1; limit < 120; ++limit) {
        for (auto* const limited : {&limits.field, &limits.field_block, &limits.fields}) {
          limits = Limits();
          *limited = limit;
          const Parsed whole = parse(message, limits);
          ASSERT_EQ(parse_in_steps(message, cuts_in_each_line(message), limits), whole) << message << limit;
          Reader behind_the_same_lines(limits);
          parse_in_steps(behind_the_same_lines, get(line), {get(line).size()});
          ASSERT_EQ(parse_in_steps(behind_the_same_lines, message, {message.size()}), whole) << message << limit;
        }
      }
    }
  }
}

TEST(Parser, AsksForMoreUntilTheLastByteOfALegalHead) {
  std::size_t legal = 0;
  for (const test::FramingCase& one : test::framing_cases()) {
    const Parsed whole = parse(one.bytes);
    if (whole.result != ParseResult::complete) continue;
    ++legal;
    for (std::size_t end = 1; end < whole.size; ++end) {
      ASSERT_EQ(parse(one.bytes.substr(0, end)).result, ParseResult::need_more) << one.name << end;
    }
  }
  EXPECT_GT(legal, 200U);
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

// It remembers the last Host, which must not show.
TEST(Parser, SeesEachHostAsTheFirstOne) {
  const std::vector<std::string> hosts = {
      "a.example",    "a.example",  "a.example:80", "a.example.:80",      "A.example:80",      "a.example.:80",
      "a.example.",   "[::1]:8080", "[::1]:8080",   "b.example",          "b.example:x",       "b.example",
      "b.example:80", "",           "b.example:80", std::string(70, 'c'), std::string(70, 'c')};
  const Limits limits;
  HeadParser parser(limits);
  for (const auto& host : hosts) {
    for (const auto& target : {std::string("/"), "http://" + host + "/"}) {
      std::string message = "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
      const Parsed fresh = parse(message);
      parser.reset();
      ASSERT_EQ(parser.parse(message.data(), message.size()), fresh.result) << message;
      if (fresh.result == ParseResult::complete) {
        EXPECT_EQ(describe(parser.head()), fresh.text) << message;
      } else {
        EXPECT_EQ(parser.fault().status, fresh.status) << message;
      }
    }
  }
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
