// Whole connections: messages, control frames, and how they end.
#include <gmock/gmock.h>
#include <signal.h>

#include "support/websocket_client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

std::string yaml(const std::string& options = "", const std::string& app = "echo: {}", const std::string& loops = "1") {
  return loopback("server: { loops: " + loops + ", drain: 20s }\npaths: { /: { handler: { websocket: { app: { " + app +
                  " }" + options + " } } } }\n");
}

TEST(WebSocket, SendsMessagesBothWays) {
  const Server server(yaml());
  WebSocketClient client(server);
  client.send("hello");
  EXPECT_EQ(client.read_text(), "hello");
  for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 65535UL, 65536UL, 1048576UL}) {
    const std::string payload(size, 'x');
    client.send_frame(0x82, payload);
    const auto answer = client.read();
    EXPECT_EQ(answer.opcode, 2u);
    EXPECT_TRUE(answer.payload == payload) << size;
  }
  EXPECT_EQ(client.close(), 1000);
}

TEST(WebSocket, AnswersManyMessagesThatComeAtOnce) {
  const Server server(yaml());
  WebSocketClient client(server);
  for (int number = 0; number < 1000; ++number) client.send(std::to_string(number));
  for (int number = 0; number < 1000; ++number) EXPECT_EQ(client.read_text(), std::to_string(number));
}

TEST(WebSocket, AnswersPingsAlsoBetweenFragments) {
  const Server server(yaml());
  WebSocketClient client(server);
  client.send_frame(0x89, "are you there");
  EXPECT_EQ(client.read().payload, "are you there");
  client.send_frame(0x01, "a");
  client.send_frame(0x89, "1");
  const auto pong = client.read();
  EXPECT_EQ(pong.opcode, 10u);
  EXPECT_EQ(pong.payload, "1");
  client.send_frame(0x8A, "nobody asked");
  client.send_frame(0x80, "b");
  EXPECT_EQ(client.read_text(), "ab");
}

TEST(WebSocket, AnswersACloseFrameWithItsCode) {
  const Server server(yaml());
  EXPECT_EQ(WebSocketClient(server).close(1000), 1000);
  EXPECT_EQ(WebSocketClient(server).close(3333), 3333);
  WebSocketClient silent(server);
  silent.send_frame(0x88);
  EXPECT_EQ(silent.read_to_close(), 1005);
  EXPECT_TRUE(silent.connection().closed_by_peer());
}

TEST(WebSocket, IgnoresWhatComesAfterACloseFrame) {
  const Server server(yaml());
  WebSocketClient client(server);
  client.send_close(1000);
  client.send("too late");
  EXPECT_EQ(client.read().code(), 1000);
  EXPECT_TRUE(client.connection().closed_by_peer());
}

TEST(WebSocket, EndsWithTheCodeOfTheRuleThatIsBroken) {
  const Server server(yaml());
  const auto said = [&](unsigned first, std::string_view payload = {}) {
    WebSocketClient client(server);
    client.send_frame(first, payload);
    const int code = client.read_to_close();
    EXPECT_TRUE(client.connection().closed_by_peer());
    return code;
  };
  EXPECT_EQ(said(0x83), 1002);
  EXPECT_EQ(said(0xC1, "x"), 1002);
  EXPECT_EQ(said(0x80, "x"), 1002);
  EXPECT_EQ(said(0x88, "x"), 1002);
  EXPECT_EQ(said(0x88, "\x03\xED"), 1002);
  EXPECT_EQ(said(0x81, "\xFF"), 1007);
  EXPECT_EQ(said(0x82, std::string(1048577, 'x')), 1009);
}

TEST(WebSocket, ClosesAfterADeadlineWhereTheClientDoesNot) {
  const Server server(yaml(", ping: off, idle_timeout: 50ms, close_timeout: 100ms"));
  WebSocketClient client(server);
  EXPECT_EQ(client.read_to_close(), 1001);
  EXPECT_TRUE(client.connection().closed_by_peer());
}

TEST(WebSocket, AsksSilentClientsForAWordAndEndsThoseThatSayNone) {
  const Server server(yaml(", ping: 50ms"));
  WebSocketClient client(server);
  for (int times = 0; times < 3; ++times) {
    const auto ping = client.read();
    ASSERT_EQ(ping.opcode, 9u);
    client.send_frame(0x8A, ping.payload);
  }
  const Server impatient(yaml(", ping: 50ms, pong_timeout: 50ms"));
  WebSocketClient silent(impatient);
  EXPECT_EQ(silent.read().opcode, 9u);
  EXPECT_TRUE(silent.connection().closed_by_peer());
}

TEST(WebSocket, ThatIsIdleEndsAlthoughItAnswersPings) {
  const Server server(yaml(", ping: 50ms, idle_timeout: 400ms"));
  WebSocketClient client(server);
  for (;;) {
    const auto frame = client.read();
    if (frame.opcode == 9) {
      client.send_frame(0x8A, frame.payload);
      continue;
    }
    EXPECT_EQ(frame.opcode, 8u);
    EXPECT_EQ(frame.code(), 1001);
    break;
  }
}

TEST(WebSocket, IsNotIdleBeforeItsTimeHoweverOftenItIsAsked) {
  const Server server(yaml(", ping: 20ms, idle_timeout: 1h"));
  WebSocketClient client(server);
  for (int times = 0; times < 5; ++times) {
    const auto ping = client.read();
    ASSERT_EQ(ping.opcode, 9u) << ping.payload;
    client.send_frame(0x8A, ping.payload);
  }
}

// Others are asked for a word meanwhile, so that some time has passed.
TEST(WebSocket, MayBeIdleForLongerThanATimerCounts) {
  const Server server(
      loopback("server: { loops: 1 }\npaths:\n"
               "  /: { handler: { websocket: { app: { echo: {} }, ping: off, idle_timeout: 150d,\n"
               "       close_timeout: 40ms } } }\n"
               "  /asked: { handler: { websocket: { app: { echo: {} }, ping: 20ms } } }\n"));
  WebSocketClient quiet(server);
  WebSocketClient asked(server, {.path = "/asked"});
  for (int times = 0; times < 5; ++times) {
    const auto ping = asked.read();
    ASSERT_EQ(ping.opcode, 9u);
    asked.send_frame(0x8A, ping.payload);
  }
  quiet.send("still here");
  EXPECT_EQ(quiet.read_text(), "still here");
}

TEST(WebSocket, ThatMayBeIdleForLessThanAPongTakesIsClosedFirst) {
  const Server server(yaml(", ping: 10ms, idle_timeout: 2s, pong_timeout: 1h"));
  WebSocketClient client(server);
  EXPECT_EQ(client.read().opcode, 9u);
  EXPECT_EQ(client.read().code(), 1001);
}

TEST(WebSocket, EndsWith1001WhenTheServerStops) {
  Server server(yaml("", "echo: {}", "2"));
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int number = 0; number < 20; ++number) clients.push_back(std::make_unique<WebSocketClient>(server));
  server.signal(SIGTERM);
  for (const auto& client : clients) {
    EXPECT_EQ(client->read_to_close(), 1001);
    client->send_close(1001);
    EXPECT_TRUE(client->connection().closed_by_peer());
  }
  EXPECT_EQ(server.wait(), 0) << server.log();
}

TEST(WebSocket, EndsForAClientThatVanishes) {
  const Server server(yaml());
  WebSocketClient first(server);
  first.send_frame(0x01, "half of a");
  first.connection().reset();
  WebSocketClient second(server);
  second.send("x");
  EXPECT_EQ(second.read_text(), "x");
}

}  // namespace
}  // namespace kirsch::test
