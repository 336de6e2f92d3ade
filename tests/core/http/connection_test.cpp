// Whole connections over loopback sockets: order, persistence, bodies, faults, ends, limits.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "served.h"

namespace kirsch::http {
namespace {

using namespace std::chrono_literals;

std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string post(const std::string& path, const std::string& body, const std::string& fields = "") {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
std::size_t count(const std::vector<std::string>& events, std::string_view event) {
  return static_cast<std::size_t>(std::count(events.begin(), events.end(), event));
}

TEST(Connection, AnswersManyRequestsInTurn) {
  Served served;
  Client client(served.address());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(client.write(get("/hello")));
    const std::string answer = client.answer();
    EXPECT_EQ(answer.substr(0, 17), "HTTP/1.1 200 OK\r\n");
    EXPECT_TRUE(has(answer, "\r\n\r\nhello"));
    EXPECT_TRUE(has(answer, "\r\nDate: "));
    EXPECT_FALSE(has(answer, "Connection:"));
  }
}

TEST(Connection, AnswersPipelinedRequestsInOrder) {
  Served served;
  Client client(served.address());
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += get("/hello") + post("/echo", "body " + std::to_string(i));
  ASSERT_TRUE(client.write(requests));
  for (int i = 0; i < 500; ++i) {
    EXPECT_TRUE(has(client.answer(), "\r\n\r\nhello"));
    ASSERT_TRUE(has(client.answer(), "\r\n\r\nbody " + std::to_string(i)));
  }
}

TEST(Connection, ClosesWhenTheClientAsksForItOrSpeaksHttp10) {
  Served served;
  Client asking(served.address());
  asking.write(get("/hello", "Connection: close\r\n") + get("/hello"));
  const std::string answer = asking.read_to_end();
  EXPECT_TRUE(has(answer, "Connection: close\r\n"));
  EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "the second request must not be answered";

  Client old(served.address());
  old.write("GET /chunks HTTP/1.0\r\n\r\n");
  const std::string stream = old.read_to_end();
  EXPECT_TRUE(has(stream, "Connection: close\r\n"));
  EXPECT_FALSE(has(stream, "Transfer-Encoding"));
  EXPECT_TRUE(has(stream, "\r\n\r\none,two,three"));

  Client keeping(served.address());
  keeping.write("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(has(keeping.answer(), "Connection: keep-alive\r\n"));
  keeping.write(get("/hello"));
  EXPECT_TRUE(has(keeping.answer(), "hello"));
}

TEST(Connection, AnswersEvenWhenTheClientStillSendsAfterAFault) {
  Served served;
  Client client(served.address());
  client.write("GET\r\n" + std::string(50'000, 'x'));
  EXPECT_EQ(client.read_to_end().substr(0, 12), "HTTP/1.1 400");
  EXPECT_FALSE(client.reset());
}

TEST(Connection, LetsAClientThatKeepsSendingReadItsAnswer) {
  Served served;
  for (const char* head :
       {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n",
        "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n",
        "POST /short HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n", "GET / HTTP/1.1\n"}) {
    Client client(served.address());
    client.write(head);
    EXPECT_GT(client.flood(), 64U << 10) << "more than the server reads away";
    EXPECT_EQ(client.read_to_end().substr(0, 9), "HTTP/1.1 ");
    EXPECT_FALSE(client.reset()) << head;
  }
}

// RFC 9112 9.6: whoever says close sends nothing more, so there is nothing to wait for.
TEST(Connection, EndsAtOnceWhereTheClientHasSaidSo) {
  Limits limits;
  limits.linger_time = 1h;
  Served served(limits);
  Client client(served.address());
  client.write(get("/hello", "Connection: close\r\n"));
  served.wait_until([](TestService& service, Connections& connections) {
    return !service.events.empty() && connections.count() == 0;
  });
  EXPECT_TRUE(has(client.read_to_end(), "hello"));
  EXPECT_FALSE(client.reset());
}

TEST(Connection, LetsAClientThatSendsMoreThanItHasSaidReadItsAnswer) {
  Served served;
  Client client(served.address());
  client.write(get("/hello", "Connection: close\r\n") + get("/hello"));
  EXPECT_TRUE(has(client.read_to_end(), "hello"));
  EXPECT_FALSE(client.reset());
}

TEST(Connection, EndsInTimeThoughTheClientNeverStopsSending) {
  Limits limits;
  limits.linger_time = 1ms;
  Served served(limits);
  Client client(served.address());
  client.write("GET / HTTP/1.1\n");
  client.flood();
  served.wait_until([](TestService& service, Connections& connections) {
    return !service.events.empty() && connections.count() == 0;
  });
}

TEST(Connection, NeverTakesABodyForARequest) {
  Served served;
  for (const char* path : {"/ignore", "/refuse", "/echo", "/hello", "/empty"}) {
    Client client(served.address());
    const std::string smuggled = get("/refuse");
    client.write(post(path, smuggled) + get("/hello", "Connection: close\r\n"));
    const std::string answers = client.read_to_end();
    const std::size_t last = answers.rfind("HTTP/1.1 ");
    EXPECT_TRUE(has(answers.substr(last), "\r\n\r\nhello")) << path << answers;
  }
}

TEST(Connection, ClosesRatherThanReadAGreatBodyThatNobodyWants) {
  Served served;
  Client client(served.address());
  client.write("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" + std::string(1000, 'x'));
  const std::string answer = client.answer();
  EXPECT_TRUE(has(answer, "Connection: close\r\n"));
  EXPECT_TRUE(has(answer, "ignored"));
}

TEST(Connection, RefusesABodyOverTheLimit) {
  Served served;
  Client known(served.address());
  known.write("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n");
  EXPECT_EQ(known.read_to_end().substr(0, 12), "HTTP/1.1 413");
  Client exact(served.address());
  exact.write(post("/echo", std::string(100'000, 'x')));
  EXPECT_EQ(exact.answer().substr(0, 12), "HTTP/1.1 200");
  Client chunked(served.address());
  chunked.write("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n186a1\r\n");
  const std::string answer = chunked.read_to_end();
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 413");
  EXPECT_TRUE(has(answer, "Connection: close\r\n"));
  EXPECT_EQ(count(served.events(), "fault 413"), 2U);
}

TEST(Connection, SendsContinueOnlyWhenTheBodyIsWanted) {
  Served served;
  Client wanted(served.address());
  wanted.write("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(wanted.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  wanted.write("hello");
  EXPECT_TRUE(has(wanted.answer(), "\r\n\r\nhello"));
  Client unwanted(served.address());
  unwanted.write("POST /refuse HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  const std::string answer = unwanted.read_to_end();
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 403");
  EXPECT_TRUE(has(answer, "Connection: close\r\n"));
  Client large(served.address());
  large.write("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 100001\r\n\r\n");
  EXPECT_EQ(large.read_to_end().substr(0, 12), "HTTP/1.1 413");
}

TEST(Connection, SuppressesBodiesWhereThereIsNone) {
  Served served;
  Client client(served.address());
  client.write("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(has(client.read_until("\r\n\r\n"), "Content-Length: 5\r\n"));
  client.write("HEAD /chunks HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(has(client.read_until("\r\n\r\n"), "Transfer-Encoding"));
  client.write(get("/empty"));
  EXPECT_EQ(client.read_until("\r\n\r\n").substr(0, 12), "HTTP/1.1 204");
  client.write(get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(client.read_to_end().substr(0, 12), "HTTP/1.1 200");
  EXPECT_EQ(count(served.events(), "released"), 1U);
}

TEST(Connection, SendsCopiesLoansSharesAndFilesInOrder) {
  Served served;
  Client client(served.address());
  client.write(get("/chunks"));
  EXPECT_TRUE(has(client.read_until("\r\n\r\n"), "Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "4\r\none,\r\n4\r\ntwo,\r\n5\r\nthree\r\n0\r\n\r\n");
  served.wait_until([](TestService& service, Connections&) { return service.transactions.empty(); });
  EXPECT_EQ(served.events(), (std::vector<std::string>{"released", "sent"}));
}

TEST(Connection, NeverSendsMoreThanAnnouncedAndClosesAfterLess) {
  Served served;
  Client more(served.address());
  more.write(get("/long") + get("/hello", "Connection: close\r\n"));
  EXPECT_TRUE(has(more.read_to_end(), "\r\n\r\n123HTTP/1.1 200 OK\r\n"));
  Client less(served.address());
  less.write(get("/short") + get("/hello"));
  const std::string answer = less.read_to_end();
  EXPECT_TRUE(has(answer, "Content-Length: 10\r\n"));
  EXPECT_EQ(answer.substr(answer.size() - 9), "\r\n\r\n12345");
  EXPECT_EQ(served.events().back(), "gone");
}

TEST(Connection, CountsTheBodyThatTheKernelHasTaken) {
  const std::pair<std::string, std::uint64_t> requests[] = {
      {get("/hello"), 5},
      {"HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {get("/empty"), 0},
      {get("/long"), 3},
      {post("/echo", "1234567", "Expect: 100-continue\r\n"), 7},  // 100 Continue goes ahead of the head
      {get("/chunks"), 13},
      {"GET /chunks HTTP/1.0\r\n\r\n", 13},
      {get("/short"), 5},
      {get("/upgrade", "Connection: upgrade\r\nUpgrade: lines\r\n"), 0},
  };
  Served served;
  std::vector<std::uint64_t> expected;
  for (const auto& [request, size] : requests) {
    Client client(served.address());
    client.write(get("/hello") + request);
    client.finish();
    client.read_to_end();
    expected.insert(expected.end(), {5, size});
  }
  EXPECT_EQ(served.call([](TestService& service, Connections&) { return service.body_sent; }), expected);
}

TEST(Connection, HoldsTheProducerBackForASlowReader) {
  Served served;
  Client client(served.address(), 4096);
  client.write(get("/stream", "Connection: close\r\n"));
  client.read_until("\r\n\r\n");
  served.wait_until([](TestService& service, Connections&) { return service.produced > 256U << 10; });
  const Limits limits;
  served.call([&](TestService& service, Connections&) {
    EXPECT_LE(service.largest_queue, limits.output_high + (64U << 10) + 100);
    return 0;
  });
  std::size_t body = 0;
  while (true) {
    const std::size_t size = std::strtoul(client.read_until("\r\n").c_str(), nullptr, 16);
    const std::string chunk = client.read(size + 2);
    if (size == 0) break;
    ASSERT_EQ(chunk.size(), size + 2);
    body += size;
  }
  EXPECT_EQ(body, 8U << 20);
  served.wait_until([](TestService& service, Connections&) { return service.transactions.empty(); });
  EXPECT_GT(count(served.events(), "writable"), 0U);
  EXPECT_EQ(served.events().back(), "sent");
}

TEST(Connection, KeepsTheHeadForALaterAnswer) {
  Served served;
  Client client(served.address());
  client.write(get("/late?x", "X-Mark: here\r\n") + get("/hello"));
  served.wait_until([](TestService& service, Connections&) { return !service.held.empty(); });
  Client other(served.address());
  other.write(get("/hello", "X-Other: overwrites the loop's buffer with something else\r\n"));
  other.answer();
  served.call([](TestService& service, Connections&) { return service.held.front()->answer_later(), 0; });
  EXPECT_TRUE(has(client.answer(), "\r\n\r\n/late?x|here"));
  EXPECT_TRUE(has(client.answer(), "\r\n\r\nhello"));
}

TEST(Connection, AnswersAClientThatHasFinishedSending) {
  Served served;
  Client client(served.address());
  client.write(get("/late") + get("/hello"));
  client.finish();
  served.wait_until([](TestService& service, Connections&) { return !service.held.empty(); });
  served.call([](TestService& service, Connections&) { return service.held.front()->answer_later(), 0; });
  const std::string answers = client.read_to_end();
  EXPECT_TRUE(has(answers, "/late|"));
  EXPECT_TRUE(has(answers, "\r\n\r\nhello"));
  EXPECT_FALSE(client.reset());
}

TEST(Connection, StopsReadingWhatIsSentFarAhead) {
  Served served;
  Client client(served.address());
  client.write(post("/paused", std::string(300'000, 'b')) + get("/hello"));
  served.wait_until([](TestService& service, Connections&) { return !service.held.empty(); });
  served.call([](TestService& service, Connections&) { return service.held.front()->answer_later(), 0; });
  EXPECT_GT(client.answer().size(), 300'000U);
  EXPECT_TRUE(has(client.answer(), "\r\n\r\nhello"));
}

TEST(Connection, TellsTheTransactionThatItsClientIsGone) {
  Served served;
  Client client(served.address());
  client.write(get("/stream"));
  served.wait_until([](TestService& service, Connections&) { return service.produced != 0; });
  client.read(100'000);
  client.close();
  served.wait_until([](TestService& service, Connections&) { return service.transactions.empty(); });
  EXPECT_EQ(served.events().back(), "gone");
  served.call([](TestService& service, Connections&) {
    EXPECT_GT(service.body_sent.back(), 60'000U);  // the first send is over, or the client would not have more
    EXPECT_LE(service.body_sent.back(), service.produced);
    return 0;
  });
}

TEST(Connection, AbortsWithAnAnswerThatIsVisiblyCut) {
  Served served;
  Client client(served.address());
  client.write(get("/abort"));
  EXPECT_FALSE(has(client.read_to_end(), "\r\n\r\n"));
  EXPECT_EQ(served.events(), std::vector<std::string>{"gone"});
}

TEST(Connection, RefusesToUpgradeOverAnUnreadBody) {
  Served served;
  Client client(served.address());
  client.write("POST /upgrade HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_FALSE(has(client.read_to_end(), "welcome"));
  EXPECT_EQ(served.events(), (std::vector<std::string>{"gone", "lost unopened"}));
}

TEST(Connection, SaysCloseWithTheLastRequestItServes) {
  Limits limits;
  limits.requests = 3;
  Served served(limits);
  Client client(served.address());
  client.write(get("/hello") + get("/hello") + get("/hello") + get("/hello"));
  const std::string answers = client.read_to_end();
  EXPECT_GT(answers.find("Connection: close"), answers.find("HTTP/1.1", answers.find("HTTP/1.1", 1) + 1));
  EXPECT_EQ(count(served.events(), "sent"), 3U);
}

// A client whose bytes are there before the loop can look at it, however short its times are.
std::unique_ptr<Client> prompt_client(Served& served, const std::string& bytes, int receive_buffer = 0) {
  return served.call([&](TestService&, Connections&) {
    auto client = std::make_unique<Client>(served.address(), receive_buffer);
    client->write(bytes);
    return client;
  });
}

TEST(Connection, GivesUpOnSlowClientsByTheirKind) {
  Limits limits;
  limits.head_time = limits.idle_time = limits.body_idle_time = limits.write_time = 1ms;
  Served served(limits);
  Client silent(served.address());
  EXPECT_EQ(silent.read_to_end(), "");
  const auto slow_head = prompt_client(served, "GET /slow HTTP/1.1\r\nHost:");
  EXPECT_EQ(slow_head->read_to_end().substr(0, 12), "HTTP/1.1 408");
  EXPECT_EQ(count(served.events(), "malformed 408 GET /slow"), 1U);
  const auto slow_body = prompt_client(served, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  EXPECT_EQ(slow_body->read_to_end().substr(0, 12), "HTTP/1.1 408");
  const auto idle = prompt_client(served, get("/hello"));
  EXPECT_TRUE(has(idle->read_to_end(), "hello"));
  const auto not_reading = prompt_client(served, get("/stream"), 4096);
  served.wait_until(
      [](TestService& service, Connections&) { return service.produced != 0 && service.transactions.empty(); });
  EXPECT_EQ(served.events().back(), "gone");
}

TEST(Connection, DoesNotHurryATransactionThatTakesItsTime) {
  Limits limits;
  limits.head_time = limits.idle_time = limits.body_idle_time = limits.write_time = 1ms;
  Served served(limits);
  const auto client = prompt_client(served, get("/late"));
  served.wait_until([](TestService& service, Connections&) { return !service.held.empty(); });
  Client other(served.address());
  EXPECT_EQ(other.read_to_end(), "");  // its time was up: so time has passed
  served.call([](TestService& service, Connections&) { return service.held.front()->answer_later(), 0; });
  EXPECT_TRUE(has(client->read_to_end(), "/late|"));
}

}  // namespace
}  // namespace kirsch::http
