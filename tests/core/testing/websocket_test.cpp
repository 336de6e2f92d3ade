// WebSocket applications without a socket, and the client for tests that have one.
#include <gmock/gmock.h>
#include <kirsch/testing.h>

#include "support/server.h"

namespace kirsch::testing {
namespace {

using ::testing::HasSubstr;

constexpr auto echo = "paths: { /echo: { handler: { websocket: { app: { echo: {} } } } } }\n";

TEST(WebSocket, carries_messages_without_a_socket) {
  Host host(echo);
  auto socket = host.websocket("/echo");
  EXPECT_TRUE(socket.empty());
  EXPECT_THROW(socket.text(), Waiting);
  const std::string large(100'000, 'x');
  for (const auto* word : {"", "one", large.c_str()}) {
    socket.send(word);
    EXPECT_EQ(socket.text(), word);
  }
  socket.send_binary(std::string_view("\0\xff", 2));
  EXPECT_FALSE(socket.empty());
  EXPECT_EQ(socket.binary(), std::string_view("\0\xff", 2));
  socket.send("text");
  EXPECT_THROW(socket.binary(), std::runtime_error);
}

TEST(WebSocket, closes_by_the_book) {
  Host host(echo);
  auto socket = host.websocket("/echo");
  EXPECT_FALSE(socket.closed());
  EXPECT_EQ(socket.close_code(), 0);
  socket.close(1000, "done");
  EXPECT_TRUE(socket.closed());
  EXPECT_EQ(socket.close_code(), 1000);
  EXPECT_THROW(socket.text(), std::runtime_error);
  auto broken = host.websocket("/echo");
  broken.send("\xff");
  EXPECT_EQ(broken.close_code(), 1007);
}

TEST(WebSocket, says_why_there_is_none) {
  Host host("paths: { /: { handler: { respond: { body: no socket here } } } }");
  try {
    host.websocket("/");
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no socket here"));
  }
}

TEST(WebSocket, chats_in_rooms_in_memory) {
  Host host("paths: { /chat: { handler: { websocket: { app: { chat: {} } } } } }");
  auto ann = host.websocket("/chat?name=Ann");
  EXPECT_EQ(ann.text(), R"({"type":"welcome","name":"Ann"})");
  EXPECT_EQ(ann.text(), R"({"type":"history","said":[]})");
  EXPECT_EQ(ann.text(), R"({"type":"present","names":["Ann"]})");
  auto bob = host.websocket("/chat?name=Bob");
  EXPECT_THAT(bob.text(), HasSubstr("Bob"));
  EXPECT_EQ(ann.text(), R"({"type":"present","names":["Ann","Bob"]})");
  ann.send("hello");
  EXPECT_THAT(ann.text(), HasSubstr(R"("name":"Ann","text":"hello")"));
  bob.disconnect();
  EXPECT_EQ(ann.text(), R"({"type":"present","names":["Ann"]})");
}

TEST(WebSocket, hears_that_the_host_stops) {
  Host host(echo);
  auto socket = host.websocket("/echo");
  host.stop();
  EXPECT_EQ(socket.close_code(), 1001);
}

TEST(WebSocket, answers_pings_while_time_passes) {
  Host host("paths: { /: { handler: { websocket: { app: { echo: {} }, ping: 10s, pong_timeout: 5s } } } }");
  auto socket = host.websocket("/");
  host.advance(std::chrono::hours(1));
  EXPECT_FALSE(socket.closed());
}

TEST(WebSocket, connects_to_a_server_that_runs) {
  const test::Server server(test::loopback(echo));
  const auto address = "127.0.0.1:" + std::to_string(server.port());
  auto socket = WebSocket::connect(address, "/echo");
  socket.send("over a socket");
  EXPECT_EQ(socket.text(), "over a socket");
  socket.close(1000);
  EXPECT_EQ(socket.close_code(), 1000);
  EXPECT_THROW(WebSocket::connect(address, "/elsewhere"), std::runtime_error);
  EXPECT_THROW(WebSocket::connect("nowhere", "/"), std::runtime_error);
}

}  // namespace
}  // namespace kirsch::testing
