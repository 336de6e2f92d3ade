// Bodies that are made while they leave, bodies that are used while they arrive, and connections that become raw bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "support/client.h"
#include "support/fixtures/pattern.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t mebi = 1024 * 1024;

// Resident memory of a process in bytes.
std::uint64_t resident(pid_t pid) {
  const auto status = contents_of("/proc/" + std::to_string(pid) + "/status");
  const auto at = status.find("VmRSS:");
  return std::stoull(status.substr(at + 6)) * 1024;
}

// The sanitizers keep freed memory for a while; what grows is then no sign of a body that is held.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t tolerated_growth = 512 * mebi;
#else
constexpr std::uint64_t tolerated_growth = 8 * mebi;
#endif

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

TEST(Upload, of_64_mebibytes_is_used_as_it_arrives_in_constant_memory) {
  const Server server(loopback("server: { limits: { body: 64MiB } }\npaths: { /: { handler: { sink: {} } } }\n"));
  std::string piece(mebi, '\0');
  Client client(server);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 67108864\r\n\r\n");
  std::uint64_t hash = hashed({});
  std::uint64_t before = 0;
  std::uint64_t most = 0;
  for (std::uint64_t offset = 0; offset < 64 * mebi; offset += mebi) {
    fill_pattern(piece.data(), piece.size(), offset);
    hash = hashed(piece, hash);
    ASSERT_TRUE(client.send(piece));
    if (offset == mebi) before = resident(server.pid());
    most = std::max(most, resident(server.pid()));
  }
  EXPECT_EQ(client.read().body, std::to_string(64 * mebi) + " " + std::to_string(hash));
  EXPECT_LT(most, before + tolerated_growth);
}

TEST(Upload, in_chunks_arrives_without_their_framing) {
  const Server server(loopback("paths: { /: { handler: { sink: {} } } }\n"));
  Client client(server);
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n "
      "\r\n5\r\nworld\r\n0\r\n\r\n");
  EXPECT_EQ(client.read().body, "11 " + std::to_string(hashed("hello world")));
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client.read().body, "0 " + std::to_string(hashed({})));
}

TEST(Upload, beyond_the_limit_is_413) {
  const Server server(loopback("server: { limits: { body: 1000 } }\npaths: { /: { handler: { sink: {} } } }\n"));
  EXPECT_EQ(request(server, "POST", "/", {}, std::string(1000, 'x')).status, 200);
  EXPECT_EQ(request(server, "POST", "/", {}, std::string(1001, 'x')).status, 413);
  Client client(server);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'x') +
              "\r\n1\r\ny\r\n0\r\n\r\n");
  EXPECT_EQ(client.read().status, 413);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Upload, that_its_handler_refuses_ends_with_its_error) {
  const Server server(loopback("paths: { /: { handler: { sink: { refuse_after: 10 } } } }\n"));
  const auto response = request(server, "POST", "/", {}, std::string(5000, 'x'));
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("that is enough"));
}

class Tunnel : public ::testing::Test {
 protected:
  static constexpr auto yaml =
      "server: { loops: 1, drain: 20s }\npaths: { /: { handler: { tunnel: {} } }, /lines: { handler: { lines: {} } } "
      "}\n";

  static void open(Client& client, std::string_view path = "/") {
    client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tunnel\r\n\r\n");
    const auto response = client.read();
    ASSERT_EQ(response.status, 101);
    EXPECT_EQ(response.field("Upgrade"), "tunnel");
    EXPECT_EQ(response.field("Connection"), "upgrade");
  }

  Server server_{loopback(yaml)};
};

TEST_F(Tunnel, is_refused_without_the_upgrade) {
  const auto response = get(server_, "/");
  EXPECT_EQ(response.status, 426);
  EXPECT_EQ(response.field("Upgrade"), "tunnel");
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
    for (; sent < 256; ++sent) client.send(piece, Milliseconds(500));
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

TEST_F(Tunnel, is_ended_by_the_server_that_stops) {
  Client client(server_);
  open(client);
  client.send("still here");
  EXPECT_EQ(client.read_exactly(10), "still here");
  server_.signal(SIGTERM);
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(server_.wait(), 0);
  EXPECT_THAT(server_.log(), HasSubstr("tunnel: closed"));
}

}  // namespace
}  // namespace kirsch::test
