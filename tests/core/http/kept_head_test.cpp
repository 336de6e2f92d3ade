// Heads that outlive their bytes, and those that are said again.
#include "http/kept_head.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

std::vector<std::uint64_t> numbers(Served& served) {
  return served.call([](TestService& service, Connections&) { return service.heads; });
}
std::string body(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

// The same words again, alone, in a row, in pieces, by another client, with bodies behind them and other heads between.
TEST(KeptHead, IsKnownWhenItIsSaidAgain) {
  Served served;
  Client client(served.address());
  const std::string get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
  client.write(get + get + post + "one!" + post + "two!" + get);
  for (const std::string wanted : {"hello", "hello", "one!", "two!", "hello"}) EXPECT_EQ(body(client.answer()), wanted);
  const auto first = numbers(served);
  ASSERT_EQ(first.size(), 5U);
  EXPECT_EQ(first[1], first[0]);
  EXPECT_EQ(first[3], first[2]);
  EXPECT_NE(first[2], first[0]);
  EXPECT_NE(first[4], first[0]);

  Client other(served.address());
  other.write(get);
  EXPECT_EQ(body(other.answer()), "hello");
  client.write(get.substr(0, 9));
  served.events();  // by then it has most likely arrived alone
  client.write(get.substr(9));
  EXPECT_EQ(body(client.answer()), "hello");
  const auto all = numbers(served);
  ASSERT_EQ(all.size(), 7U);
  EXPECT_EQ(all[5], all[4]);
}

TEST(KeptHead, OfAHostThatIsNotLowerCaseIsReadEachTime) {
  Served served;
  Client client(served.address());
  for (int round = 0; round < 3; ++round) {
    client.write("GET /hello HTTP/1.1\r\nHost: A\r\n\r\n");
    EXPECT_EQ(body(client.answer()), "hello");
  }
  const auto all = numbers(served);
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), 3U);
}

TEST(KeptHead, IsRefusedAgain) {
  Served served;
  for (const std::string message : {"GET /hello HTTP/1.1\r\nHost: a\r\nA B: c\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n",
                                    "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"}) {
    for (int round = 0; round < 3; ++round) {
      Client client(served.address());
      client.write(message);
      EXPECT_EQ(client.read_to_end().substr(9, 3), "400") << message;
    }
  }
}

// Of two kinds of connections on one loop, with one service or with tables of their own.
class ManyDoors : public testing::Test {
 protected:
  ManyDoors() {
    for (const bool secure : {false, true}) doors_.push_back(open(first_.entrance(7, secure)));
    doors_.push_back(open(second_.entrance(7, false)));
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~ManyDoors() override {
    loop_.stop();
    thread_.join();
  }
  // The status, and the number of the head if it was not refused.
  std::pair<std::string, std::uint64_t> ask(std::size_t door, const std::string& message) {
    Client client(doors_[door]);
    client.write(message);
    const std::string status = client.answer().substr(9, 3);
    std::promise<std::uint64_t> number;
    loop_.post([&] { number.set_value(service_.heads.empty() ? 0 : service_.heads.back()); });
    return {status, number.get_future().get()};
  }

 private:
  net::Address open(net::Acceptor& acceptor) {
    net::Listener listener = net::Listener::bind(*net::Address::parse("127.0.0.1:0")).front();
    const net::Address address = listener.address();
    loop_.listen(std::move(listener), acceptor);
    return address;
  }

  SilentLog log_;
  net::Loop loop_{0, log_, test::make_driver()};
  const Limits limits_;
  TestService service_;
  Connections first_{loop_, limits_, service_};
  Connections second_{loop_, limits_, service_};
  std::vector<net::Address> doors_;
  std::thread thread_;
};

TEST_F(ManyDoors, HttpsIsRefusedWithoutTlsAlsoWhereItWasTakenBefore) {
  const std::string message = "GET https://a/hello HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(ask(1, message).first, "200");
  EXPECT_EQ(ask(0, message).first, "421");
  EXPECT_EQ(ask(1, message).first, "200");
}

// Who has read a head does not matter to the service, which knows it by its number.
TEST_F(ManyDoors, HeadsThatDifferHaveNumbersThatDo) {
  const auto get = [](const std::string& query) { return "GET /hello?" + query + " HTTP/1.1\r\nHost: a\r\n\r\n"; };
  std::set<std::uint64_t> seen;
  for (const std::string query : {"a", "b", "c"}) {
    EXPECT_TRUE(seen.insert(ask(0, get(query)).second).second);
    EXPECT_TRUE(seen.insert(ask(2, get("other-" + query)).second).second);
  }
}

}  // namespace
}  // namespace kirsch::http
