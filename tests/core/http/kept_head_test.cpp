// Heads that outlive their bytes, and those that are said again.
#include "http/kept_head.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "http/parser.h"
#include "parsed.h"
#include "served.h"

namespace kirsch::http {
namespace {

using namespace std::string_literals;

void keep(KeptHead& kept, std::string message, std::uint64_t number) {
  const Limits limits;
  HeadParser parser(limits);
  ASSERT_EQ(parser.parse(message.data(), message.size()), ParseResult::complete) << message;
  kept.keep(parser.head(), number);
}

TEST(KeptHead, HoldsTheHeadWhenItsBytesGo) {
  const std::string message = "GET http://A.b/p?q HTTP/1.1\r\nHost: a.B\r\nX-One: 1\r\nAccept: */*\r\n\r\n";
  const Limits limits;
  HeadParser parser(limits);
  KeptHead kept;
  std::string before;
  {
    auto bytes = std::make_unique<char[]>(message.size());
    std::copy(message.begin(), message.end(), bytes.get());
    ASSERT_EQ(parser.parse(bytes.get(), message.size()), ParseResult::complete);
    before = describe(parser.head());
    kept.keep(parser.head(), 1);
    std::fill_n(bytes.get(), message.size(), '!');
  }
  parser.reset();
  EXPECT_EQ(describe(*kept), before);
  EXPECT_NE(before.find("authority=a.b"), std::string::npos);
}

TEST(KeptHead, HoldsWhatWasUnderstoodOfAMalformedHead) {
  const std::string long_target = "GET /" + std::string(9000, 'x') + " HTTP/1.1\r\n";
  for (const std::string& message : {"PUT /a?b HTTP/9.1\r\n\r\n"s, "PUT http://u@h/x HTTP/1.1\r\n\r\n"s,
                                     "PUT / HTTP/1.1\r\nA: 1\r\nB C\r\n"s, long_target, "(\r\n"s}) {
    auto bytes = std::make_unique<char[]>(message.size());
    std::copy(message.begin(), message.end(), bytes.get());
    const Limits limits;
    HeadParser parser(limits);
    ASSERT_EQ(parser.parse(bytes.get(), message.size()), ParseResult::malformed);
    KeptHead kept;
    const std::string before = describe(parser.head());
    kept.keep(parser.head(), KeptHead::malformed);
    bytes.reset();
    EXPECT_EQ(describe(*kept), before);
    EXPECT_FALSE(kept.leads(message));
    EXPECT_FALSE(kept.leads(""));
  }
}

TEST(KeptHead, LeadsWhatBeginsWithItWordForWord) {
  const std::string message = "POST /p?q HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
  KeptHead kept;
  EXPECT_FALSE(kept.leads(message));
  keep(kept, message, 1);
  EXPECT_TRUE(kept.leads(message));
  EXPECT_TRUE(kept.leads(message + "abcGET /"));
  for (std::size_t at = 0; at < message.size(); ++at) {
    EXPECT_FALSE(kept.leads(std::string_view(message).substr(0, at)));
    std::string changed = message;
    changed[at] ^= 1;
    EXPECT_FALSE(kept.leads(changed));
  }
}

TEST(KeptHead, IsNotChangedWhileAnotherHoldsIt) {
  KeptHead connection;
  KeptHead answerer;
  keep(connection, "GET /one HTTP/1.1\r\nHost: a\r\n\r\n", 1);
  answerer.share(connection);
  keep(connection, "GET /two HTTP/1.1\r\nHost: a\r\n\r\n", 2);
  EXPECT_EQ(answerer->path, "/one");
  EXPECT_EQ(answerer.number(), 1U);
  EXPECT_EQ(connection->path, "/two");
  answerer.share(connection);
  connection.reset();
  EXPECT_EQ(answerer->path, "/two");
}

TEST(KeptHead, GivesBackWhatAUsualHeadDoesNotNeed) {
  const std::string usual = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string large = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'x') + "\r\n\r\n";
  KeptHead kept;
  keep(kept, usual, 1);
  kept.trim();
  EXPECT_TRUE(kept.leads(usual));
  keep(kept, large, 2);
  EXPECT_EQ(kept->field("X")->value_size, 5000U);
  EXPECT_TRUE(kept.leads(large));
  kept.trim();
  EXPECT_FALSE(kept.leads(large));
}

// The same words again and again, in pieces and in a row, with bodies behind them and other heads between them.
TEST(KeptHead, AnswersWhatIsSaidAgainAsTheFirstTime) {
  Served served;
  Client client(served.address());
  const std::string get = "GET /hello HTTP/1.1\r\nHost: A\r\n\r\n";
  const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
  const auto body = [](const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); };
  for (int round = 0; round < 3; ++round) {
    client.write(get + get + post + "one!" + post + "two!" + get);
    for (const std::string wanted : {"hello", "hello", "one!", "two!", "hello"})
      EXPECT_EQ(body(client.answer()), wanted);
    for (std::size_t at = 1; at < get.size(); at += 7) {
      client.write(get.substr(0, at));
      served.events();  // by then most have arrived alone
      client.write(get.substr(at));
      EXPECT_EQ(body(client.answer()), "hello");
    }
  }
  Client other(served.address());
  other.write(get);
  EXPECT_EQ(body(other.answer()), "hello");
}

// What was refused is refused again: with all that was understood of it, it leads nothing.
TEST(KeptHead, RefusesAgain) {
  Served served;
  for (int round = 0; round < 3; ++round) {
    for (const std::string message : {"GET /hello HTTP/1.1\r\nHost: a\r\nA B: c\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n",
                                      "GET https://a/hello HTTP/1.1\r\nHost: a\r\n\r\n"}) {
      Client client(served.address());
      client.write(message);
      const std::string answer = client.read_to_end();
      EXPECT_EQ(answer.substr(9, 3), message.find("https") != message.npos ? "421" : "400") << message;
    }
  }
}

}  // namespace
}  // namespace kirsch::http
