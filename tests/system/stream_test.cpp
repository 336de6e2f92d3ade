// Bodies that are made while they leave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fixtures/pattern.h"
#include "support/memory.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

std::uint64_t produced(const Server& server) { return std::stoull(get(server, "/produced").body); }

std::string ticker_yaml(std::string_view options) {
  return loopback("server: { loops: 1 }\npaths: { /: { handler: { ticker: { " + std::string(options) +
                  " } } }, /produced: { handler: { ticker_produced: {} } } }\n");
}

TEST(Stream, runs_only_a_little_ahead_of_a_slow_reader) {
  const Server server(ticker_yaml("size: 64MiB, length: true"));
  Client client(server, {.receive_buffer = 64 * 1024});
  const auto before = resident(server.pid());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos) head += client.read_exactly(1);
  EXPECT_THAT(head, HasSubstr("Content-Length: 67108864\r\n"));
  std::uint64_t lead = 0;
  for (std::uint64_t offset = 0; offset < 64 * mebi; offset += mebi) {
    const auto piece = client.read_exactly(mebi);
    ASSERT_TRUE(follows_pattern(piece, offset)) << "in the piece at " << offset;
    lead = std::max(lead, produced(server) - offset - mebi);
  }
  EXPECT_LT(lead, 16 * mebi) << "the kernel's buffers and the output queue, not the whole body";
  EXPECT_LT(resident(server.pid()), before + 16 * mebi + tolerated_growth);
  client.send("GET /produced HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read().body, std::to_string(64 * mebi));
  server.wait_for_log("ticker: destroyed");
}

TEST(Stream, of_unknown_length_is_chunked) {
  const Server server(ticker_yaml("size: 3MiB"));
  Client client(server);
  for (int turn = 0; turn < 2; ++turn) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto response = client.read();
    EXPECT_EQ(response.framing, Response::Framing::chunked);
    EXPECT_EQ(response.body.size(), 3 * mebi);
    EXPECT_TRUE(follows_pattern(response.body, 0));
  }
}

TEST(Stream, of_unknown_length_ends_with_the_connection_for_http_1_0) {
  const Server server(ticker_yaml("size: 3MiB"));
  Client client(server);
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto response = client.read();
  EXPECT_EQ(response.framing, Response::Framing::close);
  EXPECT_EQ(response.count("Transfer-Encoding"), 0u);
  EXPECT_EQ(response.body.size(), 3 * mebi);
  EXPECT_TRUE(follows_pattern(response.body, 0));
}

TEST(Stream, of_no_bytes_at_all_is_an_answer) {
  const Server server(ticker_yaml("size: 0"));
  Client client(server);
  for (int turn = 0; turn < 2; ++turn) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read().body, "");
  }
}

TEST(Stream, is_not_produced_for_head) {
  const Server server(ticker_yaml("size: 64MiB, length: true"));
  Client client(server);
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /produced HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_without_body().field("Content-Length"), "67108864");
  EXPECT_EQ(client.read().body, "0");
  server.wait_for_log("ticker: destroyed");
}

TEST(Stream, that_breaks_is_seen_as_truncated) {
  for (const std::string_view options :
       {"size: 3MiB, break_after: 1MiB", "size: 3MiB, length: true, break_after: 1MiB"}) {
    const Server server(ticker_yaml(options));
    Client client(server);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    try {
      client.read();
      ADD_FAILURE() << "the answer looks complete";
    } catch (const Truncated& truncated) {
      EXPECT_EQ(truncated.partial.status, 200);
      EXPECT_LE(truncated.partial.body.size(), mebi);
      EXPECT_TRUE(follows_pattern(truncated.partial.body, 0));
    }
    server.wait_for_log("ticker: destroyed");
    EXPECT_EQ(get(server, "/produced").body, std::to_string(mebi));
  }
}

TEST(Stream, whose_producer_waits_goes_on_when_a_worker_wakes_it) {
  const Server server(loopback("paths: { /: { handler: { waker: { pieces: 500 } } } }\n"));
  std::string expected;
  for (int number = 1; number <= 500; ++number) expected += "piece " + std::to_string(number) + "\n";
  Client client(server);
  for (int turn = 0; turn < 5; ++turn) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read().body, expected);
  }
}

}  // namespace
}  // namespace kirsch::test
