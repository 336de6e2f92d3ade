// Connections that become raw bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "support/fixtures/pattern.h"
#include "support/memory.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

class Tunnel : public ::testing::Test {
 protected:
  static constexpr auto yaml =
      "server: { loops: 1 }\npaths: { /: { handler: { tunnel: {} } }, /lines: { handler: { lines: {} } }, "
      "/bare: { handler: { bare_tunnel: {} } } }\n";

  static void open(Client& client, std::string_view path = "/") {
    client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tunnel\r\n\r\n");
    const auto response = client.read();
    ASSERT_EQ(response.status, 101);
    EXPECT_EQ(response.field("Upgrade"), "tunnel");
    EXPECT_EQ(response.field("Connection"), "upgrade");
  }

  const Server server_{loopback(yaml)};
};

TEST_F(Tunnel, is_refused_without_the_upgrade) {
  Client client(server_);
  client.send(simple_get("/"));
  const auto response = client.read();
  EXPECT_EQ(response.status, 426);
  EXPECT_EQ(response.field("Upgrade"), "tunnel");
  EXPECT_EQ(response.field("Connection"), "upgrade");
  client.send(simple_get("/"));
  EXPECT_EQ(client.read().status, 426);
}

TEST_F(Tunnel, of_a_handler_that_does_not_look_is_refused_with_what_is_missing) {
  Client client(server_);
  client.send(simple_get("/bare"));
  const auto response = client.read();
  EXPECT_EQ(response.status, 426);
  EXPECT_EQ(response.field("Upgrade"), "tunnel");
  client.send("GET /bare HTTP/1.1\r\nHost: a\r\nUpgrade: tunnel\r\n\r\n");
  EXPECT_EQ(client.read().status, 500);
  server_.wait_for_log("the request does not ask for an upgrade, or ");
  open(client, "/bare");
}

TEST_F(Tunnel, writes_nothing_of_a_blob_that_is_none) {
  Client client(server_);
  open(client);
  client.send("nothing\n");
  EXPECT_EQ(client.read_exactly(14), "there is room\n");
}

TEST_F(Tunnel, echoes_every_byte_and_ends_clean_after_a_half_close) {
  Client client(server_);
  open(client);
  constexpr std::uint64_t size = 32 * mebi;
  std::thread writer([&] {
    std::string piece(mebi, '\0');
    for (std::uint64_t offset = 0; offset < size; offset += mebi) {
      fill_pattern(piece.data(), piece.size(), offset);
      if (!client.send(piece)) return;
    }
    client.shutdown_write();
  });
  std::uint64_t received = 0;
  bool correct = true;
  for (auto piece = client.read_some(mebi); !piece.empty(); piece = client.read_some(mebi)) {
    correct = correct && follows_pattern(piece, received);
    received += piece.size();
  }
  writer.join();
  EXPECT_EQ(received, size);
  EXPECT_TRUE(correct);
  EXPECT_THAT(server_.wait_for_line("tunnel: closed "), ::testing::StartsWith("clean after 33554432 bytes"));
}

TEST_F(Tunnel, holds_back_a_client_that_does_not_read) {
  const auto before = resident(server_.pid());
  Client client(server_, {.receive_buffer = 64 * 1024});
  open(client);
  // Nobody reads: at some point the server takes no more, and it must not have kept all.
  const std::string piece(mebi, 'x');
  std::uint64_t sent = 0;
  try {
    for (; sent < 256; ++sent) client.send(piece, Milliseconds(3000));
  } catch (const std::runtime_error&) {
  }
  EXPECT_LT(sent, 64u);
  EXPECT_LT(resident(server_.pid()), before + tolerated_growth);
  client.reset();
  EXPECT_THAT(server_.wait_for_line("tunnel: closed "), HasSubstr("paused sometimes"));
}

TEST_F(Tunnel, takes_bytes_that_came_with_the_request) {
  Client client(server_);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tunnel\r\n\r\nearly");
  EXPECT_EQ(client.read().status, 101);
  EXPECT_EQ(client.read_exactly(5), "early");
}

TEST_F(Tunnel, closes_after_what_is_queued) {
  Client client(server_);
  open(client);
  client.send("close\n");
  EXPECT_EQ(client.read_to_end(), "goodbye\n");
  EXPECT_THAT(server_.wait_for_line("tunnel: closed "), ::testing::StartsWith("clean"));
}

TEST_F(Tunnel, aborts_at_once) {
  Client client(server_);
  open(client);
  client.send("abort\n");
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_THAT(server_.wait_for_line("tunnel: closed "), ::testing::StartsWith("unclean"));
}

TEST_F(Tunnel, says_when_the_client_vanishes) {
  Client client(server_);
  open(client);
  client.send("some");
  EXPECT_EQ(client.read_exactly(4), "some");
  client.reset();
  EXPECT_THAT(server_.wait_for_line("tunnel: closed "), ::testing::StartsWith("unclean"));
}

TEST_F(Tunnel, gives_unconsumed_bytes_again_with_more_behind_them) {
  Client client(server_);
  open(client, "/lines");
  client.send("one");
  client.send(" two\nthr");
  EXPECT_EQ(client.read_exactly(8), "ONE TWO\n");
  client.send("ee\n");
  EXPECT_EQ(client.read_exactly(6), "THREE\n");
}

TEST_F(Tunnel, lives_until_the_end_of_the_drain) {
  Server server(
      loopback("engine: { signals: {}, phase_last: {} }\nserver: { loops: 1, drain: 2s }\npaths: { /: { handler: { "
               "tunnel: {} } } }\n"));
  Client client(server);
  open(client);
  server.signal(SIGTERM);
  server.wait_for_log("phase 19: stop");
  client.send("still here");
  EXPECT_EQ(client.read_exactly(10), "still here");
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(server.wait(), 0) << server.log();
  EXPECT_THAT(server.log(), HasSubstr("tunnel: closed unclean after 10 bytes"));
}

}  // namespace
}  // namespace kirsch::test
