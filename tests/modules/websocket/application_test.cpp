// What applications see and may do: handshake, data, subprotocols, timers, threads, workers, failures.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "support/family.h"
#include "support/websocket_client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string application_yaml(const std::string& app, const std::string& options = "", const std::string& tools = "") {
  return loopback("server: { loops: 2, workers: 2 }\npaths: { \"/{bed}\": { handler: { websocket: { app: { " + app +
                  ": {} }" + options + " } }" + tools + " } }\n");
}

TEST(Application, SeesTheRequestAndKeepsWhatItMadeOfIt) {
  const Server server(
      loopback("paths: { \"/{bed}\": { handler: { websocket: { app: { ward: { word: east } } } },\n"
               "  tools: { sessions: { secure: auto, storage: { memory: {} } } } } }\n"));
  WebSocketClient client(
      server, {.path = "/seven", .fields = "Cookie: color=red\r\nSec-WebSocket-Protocol: first, second\r\n"});
  EXPECT_EQ(client.answer().field("Sec-WebSocket-Protocol"), "first");
  EXPECT_EQ(client.read_text(), "open east seven red nobody first");
  client.send("anything");
  EXPECT_EQ(client.read_text(), "east seven red nobody first");
}

TEST(Application, HasNoSubprotocolWithoutAnOfferOfIt) {
  const Server server(application_yaml("ward"));
  for (const auto* offer : {"", "Sec-WebSocket-Protocol: third\r\n"}) {
    WebSocketClient client(server, {.path = "/x", .fields = offer});
    EXPECT_EQ(client.answer().count("Sec-WebSocket-Protocol"), 0u);
  }
}

TEST(Application, RefusesWhomItDoesNotWant) {
  const Server server(application_yaml("ward"));
  Client client(server);
  client.send(WebSocketClient::request({.path = "/x?refuse=yes"}));
  const auto answer = client.read();
  EXPECT_EQ(answer.status, 403);
  EXPECT_THAT(answer.body, HasSubstr("not you"));
  EXPECT_EQ(answer.count("Sec-WebSocket-Accept"), 0u);
}

TEST(Application, HearsPongsOfItsOwnPings) {
  const Server server(application_yaml("ward"));
  WebSocketClient client(server, {.path = "/x"});
  client.read_text();
  client.send("ping");
  const auto ping = client.read();
  EXPECT_EQ(ping.opcode, 9u);
  EXPECT_EQ(ping.payload, "from the application");
  client.send_frame(0x8A, ping.payload);
  EXPECT_EQ(client.read_text(), "pong from the application");
}

TEST(Application, ClosesWithACodeAndHearsHowItEnded) {
  const Server server(application_yaml("ward"));
  WebSocketClient closed(server, {.path = "/one"});
  closed.read_text();
  closed.send("close");
  const auto frame = closed.read();
  EXPECT_EQ(frame.code(), 4001);
  EXPECT_EQ(frame.payload.substr(2), "as you wish");
  closed.send("not heard any more");
  closed.send_close(4001, "well");
  EXPECT_TRUE(closed.connection().closed_by_peer());
  EXPECT_EQ(server.wait_for_line("ward: none one"), "  nobody  closed 4001 \"well\" sent 4001");
  WebSocketClient closing(server, {.path = "/two"});
  closing.close(3000);
  EXPECT_EQ(server.wait_for_line("ward: none two"), "  nobody  closed 3000 \"\" sent 3000");
  WebSocketClient lost(server, {.path = "/three"});
  lost.read_text();
  lost.connection().reset();
  EXPECT_EQ(server.wait_for_line("ward: none three"), "  nobody  closed 1006 \"\" sent 0");
}

TEST(Application, HasTimersThatEndWithTheConnection) {
  const Server server(application_yaml("ward"));
  WebSocketClient client(server, {.path = "/x"});
  client.read_text();
  client.send("later");
  EXPECT_EQ(client.read_text(), "later");
  WebSocketClient gone(server, {.path = "/gone"});
  gone.send("later");
  gone.connection().reset();
  server.wait_for_log("ward: none gone");
  client.send("later");
  EXPECT_EQ(client.read_text(), "later");
}

TEST(Application, SendsFromAnyThread) {
  const Server server(application_yaml("ward"));
  WebSocketClient client(server, {.path = "/x"});
  client.read_text();
  client.send("thread");
  EXPECT_EQ(client.read_text(), "from a thread");
  EXPECT_EQ(client.read().code(), 4002);
}

TEST(Application, GetsFragmentsAsTheyComeIfItWantsThem) {
  const Server server(application_yaml("pieces"));
  WebSocketClient client(server, {.path = "/x"});
  client.send_frame(0x01, "abc");
  EXPECT_EQ(client.read_text(), "first 3");
  client.send_frame(0x00, "defg");
  EXPECT_EQ(client.read_text(), "4");
  client.send_frame(0x80, "h");
  EXPECT_EQ(client.read_text(), "last 1");
  client.send("whole");
  EXPECT_EQ(client.read_text(), "first last 5");
}

TEST(Application, HearsWhenWhatItHasSentHasLeft) {
  const Server server(application_yaml("pourer"));
  WebSocketClient client(server, {.path = "/x", .receive_buffer = 64 * 1024});
  client.send("10");
  for (int message = 0; message < 10; ++message) ASSERT_EQ(client.read_text().size(), 1u << 20);
  client.send("1");
  EXPECT_EQ(client.read_text().size(), 1u << 20);
}

TEST(Application, ThatThrowsEndsItsConnectionAlone) {
  const Server server(application_yaml("thrower_socket"));
  WebSocketClient good(server, {.path = "/x"});
  WebSocketClient bad(server, {.path = "/x"});
  bad.send("throw");
  EXPECT_EQ(bad.read().code(), 1011);
  EXPECT_TRUE(bad.connection().closed_by_peer());
  server.wait_for_log("a WebSocket callback has failed: on purpose");
  WebSocketClient odd(server, {.path = "/x"});
  odd.send_frame(0x8A, "a pong");
  EXPECT_EQ(odd.read().code(), 1011);
  good.send("fine");
  EXPECT_EQ(good.close(), 1000);
}

TEST(BlockingApplication, RunsOnWorkersOneCallbackAtATime) {
  const Server server(application_yaml("sluggish"));
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int number = 0; number < 8; ++number) {
    auto& client = *clients.emplace_back(std::make_unique<WebSocketClient>(server, WebSocketOptions{.path = "/x"}));
    EXPECT_EQ(client.read_text(), "open on a worker");
    for (int message = 1; message <= 20; ++message) client.send("m");
  }
  for (const auto& client : clients)
    for (int message = 1; message <= 20; ++message) EXPECT_EQ(client->read_text(), std::to_string(message) + " m");
  EXPECT_EQ(clients.front()->close(), 1000);
  server.wait_for_log("sluggish: closed 1000 after 20");
}

TEST(BlockingApplication, ClosesAndThrowsLikeOthers) {
  const Server server(application_yaml("sluggish"));
  WebSocketClient closing(server, {.path = "/x"});
  closing.send("close");
  EXPECT_EQ(closing.read_to_close(), 4003);
  WebSocketClient throwing(server, {.path = "/x"});
  throwing.send("throw");
  EXPECT_EQ(throwing.read_to_close(), 1011);
}

TEST(BlockingApplication, HearsOfTheEndAfterItsLastMessage) {
  const Server server(application_yaml("sluggish"));
  WebSocketClient client(server, {.path = "/x"});
  for (int message = 1; message <= 5; ++message) client.send("m");
  for (int message = 0; message < 2; ++message) client.read();
  client.connection().reset();
  EXPECT_THAT(server.wait_for_line("sluggish: closed"), StartsWith(" 1006 after "));
}

TEST(BlockingApplication, IsWaitedForWhenTheServerStops) {
  Server server(application_yaml("sluggish", ", close_timeout: 500ms"));
  WebSocketClient client(server, {.path = "/x"});
  client.read_text();
  for (int message = 1; message <= 50; ++message) client.send("m");
  client.read_text();
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_THAT(server.log(), HasSubstr("sluggish: closed"));
}

bool has_workers(const Server& server) {
  return std::ranges::any_of(tasks_of(server.pid()), [](const auto& task) {
    std::string name;  // empty: it has ended meanwhile
    std::getline(std::ifstream(task / "comm"), name);
    return name.starts_with("kirsch-worker");
  });
}

// A loop that comes back only when no worker takes anything any more ends its connections all the same.
TEST(BlockingApplication, HearsOfTheEndThatIsForced) {
  const TemporaryFolder folder;
  const auto until = folder.path() / "until";
  Server server(
      loopback("server: { loops: 1, workers: 2, drain: 100ms }\npaths:\n"
               "  /x: { handler: { websocket: { app: { sluggish: {} } } } }\n"
               "  /jam: { handler: { jam: { until: " +
               until.string() + " } } }\n"));
  WebSocketClient client(server, {.path = "/x"});
  EXPECT_EQ(client.read_text(), "open on a worker");
  Client jamming(server);
  jamming.send("GET /jam HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("the loop is kept");
  server.signal(SIGTERM);
  server.wait_for_log("the drain ended with work left");
  while (has_workers(server)) std::this_thread::yield();
  folder.write("until", "");
  EXPECT_EQ(server.wait(), 0) << server.log();
  EXPECT_THAT(server.log(), HasSubstr("sluggish: closed"));
}

}  // namespace
}  // namespace kirsch::test
