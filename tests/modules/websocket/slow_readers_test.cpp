// Clients that read slowly, or not at all: what waits for them is bounded, and nobody else waits.
#include <gmock/gmock.h>

#include "support/memory.h"
#include "support/websocket_client.h"

namespace kirsch::test {
namespace {

std::string crowd_yaml(const std::string& options) {
  return loopback("server: { loops: 1 }\npaths: { /: { handler: { websocket: { app: { crowd: {} }" + options +
                  " } } } }\n");
}

std::unique_ptr<WebSocketClient> member(const Server& server, const std::string& how = "join", int receive_buffer = 0) {
  auto client = std::make_unique<WebSocketClient>(server, WebSocketOptions{.receive_buffer = receive_buffer});
  client->send(how + " room");
  EXPECT_EQ(client->read_text(), "joined room");
  return client;
}

TEST(SlowReaders, AreClosedBeyondTheMark) {
  const Server server(crowd_yaml(", queue: 64KiB, close_timeout: 20s"));
  const auto before = resident(server.pid());
  WebSocketClient slow(server, {.receive_buffer = 64 * 1024});
  slow.send("flood 2000");  // 32 MiB
  EXPECT_EQ(slow.read_to_close(), 1013);
  EXPECT_LT(resident(server.pid()), before + tolerated_growth);
}

// 100 answers of 128 KiB to orders that come at once: those who read them all get them all.
TEST(SlowReaders, WaitForTheirOwnAnswers) {
  const Server server(crowd_yaml(""));
  WebSocketClient slow(server, {.receive_buffer = 64 * 1024});
  for (int order = 0; order < 100; ++order) slow.send("flood 8");
  slow.send("members room");
  for (int answer = 0; answer < 800; ++answer) ASSERT_EQ(slow.read_text().size(), 16u * 1024);
  EXPECT_EQ(slow.read_text(), "0");
  EXPECT_EQ(slow.close(), 1000);
}

// Small messages cost more than their bytes.
TEST(SlowReaders, AreClosedAlsoWhereMuchOfNearlyNothingWaits) {
  const Server server(crowd_yaml(", queue: 1MiB, close_timeout: 20s"));
  const auto before = most_resident(server.pid());
  WebSocketClient slow(server);
  slow.send("drizzle 500000");
  EXPECT_EQ(slow.read_to_close(), 1013);
  EXPECT_LT(most_resident(server.pid()), before + tolerated_growth);
}

TEST(SlowReaders, MissTheOldestWhereTheyMay) {
  const Server server(crowd_yaml(", queue: 64KiB, slow_reader: drop_oldest"));
  WebSocketClient slow(server, {.receive_buffer = 64 * 1024});
  slow.send("flood 2000");
  slow.send("join room");
  std::size_t arrived = 0;
  for (auto text = slow.read_text(); text != "joined room"; text = slow.read_text()) ++arrived;
  EXPECT_LT(arrived, 2000u);
}

TEST(SlowReaders, HearTheNewestOfARoomThatConflates) {
  const Server server(crowd_yaml(""));
  const auto slow = member(server, "conflate", 64 * 1024);
  const auto speaker = member(server);
  const std::string filler(16 * 1024, 'x');
  for (int number = 0; number < 2000; ++number) {
    speaker->send("publish room " + std::to_string(number) + filler);
    speaker->read();
  }
  std::size_t heard = 0;
  int last = -1;
  while (last != 1999) {
    const int number = std::stoi(slow->read_text());
    ASSERT_GT(number, last);
    last = number;
    ++heard;
  }
  EXPECT_LT(heard, 1900u);
}

TEST(SlowReaders, InARoomKeepNobodyWaiting) {
  const Server server(crowd_yaml(", queue: 64KiB"));
  std::vector<std::unique_ptr<WebSocketClient>> stuck;
  for (const auto* how : {"join", "drop", "conflate"}) stuck.push_back(member(server, how, 64 * 1024));
  const auto speaker = member(server);
  const std::string filler(16 * 1024, 'x');
  for (int number = 0; number < 1000; ++number) {
    speaker->send("publish room " + std::to_string(number) + filler);
    ASSERT_EQ(std::stoi(speaker->read_text()), number);
  }
  EXPECT_EQ(stuck.front()->read_to_close(), 1013);
  for (std::size_t other = 1; other < stuck.size(); ++other) {
    int last = -1;
    while (last != 999) last = std::stoi(stuck[other]->read_text());
  }
  speaker->send("members room");
  EXPECT_EQ(speaker->read_text(), "3");
}

// The pongs of a ping flood do not pile up, and the flood keeps no other client waiting.
TEST(SlowReaders, ThatFloodWithPingsTakeNoMemory) {
  const Server server(crowd_yaml(""));
  const auto before = resident(server.pid());
  WebSocketClient flooder(server, {.receive_buffer = 64 * 1024});
  WebSocketClient other(server);
  const std::string payload(125, 'p');
  std::string pings;
  for (int number = 0; number < 1000; ++number) pings += std::string("\x89\xFD\0\0\0\0", 6) + payload;
  for (int round = 0; round < 100; ++round) ASSERT_TRUE(flooder.connection().send(pings));
  other.send("members room");
  EXPECT_EQ(other.read_text(), "0");
  EXPECT_LT(resident(server.pid()), before + tolerated_growth);
}

// Leaves in one of the ways that no client should: reset, or in the midst of a frame, a message or the close handshake.
void leave_abruptly(WebSocketClient& client, int number) {
  constexpr std::string_view half_frame("\x81\xFE\x40", 3);
  constexpr std::string_view half_message("\x01\x85mask.....", 11);
  switch (number % 5) {
    case 0:
      return client.connection().reset();
    case 1:
      client.connection().send(half_frame);
      return client.connection().reset();
    case 2:
      client.connection().send(half_frame);
      return client.connection().close();
    case 3:
      client.connection().send(half_message);
      return client.connection().shutdown_write();
    default:
      client.send_close(1000);  // and never reads the answer
  }
}

TEST(SlowReaders, AndClosersByTheThousandLeaveTheGoodOnesUntouched) {
  const int crowd = sanitized() ? 200 : 1000;  // of each kind
  constexpr int rounds = 100, dropping = 100, good_ones = 4;
  constexpr std::uint64_t stream = 64 * 1024, queue = 64 * 1024;
  allow_descriptors(3 * static_cast<std::size_t>(crowd) + 1000);
  // More than one message: the kernel does not always take a whole one at once.
  const Server server(crowd_yaml(", queue: 64KiB, close_timeout: 5s"));
  std::vector<std::unique_ptr<WebSocketClient>> good, slow, closers;
  for (int number = 0; number < good_ones; ++number) good.push_back(member(server));
  for (int number = 0; number < crowd; ++number) {
    slow.push_back(member(server, number < dropping ? "drop" : "join", 4096));
    closers.push_back(member(server, "join", 4096));
  }
  const auto before = resident(server.pid());
  const std::string filler(16 * 1024, 'x');
  auto& speaker = *good.front();
  const auto members = [&] {
    speaker.send("members room");
    return std::stoi(speaker.read_text());
  };
  for (int number = 0; number < rounds || members() != good_ones + dropping; ++number) {
    for (int closer = number; closer < crowd; closer += rounds)
      if (number < rounds) leave_abruptly(*closers[static_cast<std::size_t>(closer)], closer);
    speaker.send("publish room " + std::to_string(number) + filler);
    for (const auto& client : good) ASSERT_EQ(std::stoi(client->read_text()), number);
  }
  // Whatever was published, no more is held than the marks of those that read nothing allow.
  EXPECT_LT(most_resident(server.pid()),
            before + static_cast<std::uint64_t>(crowd) * (stream + queue) + tolerated_growth);
  for (const auto& client : good) EXPECT_EQ(client->close(), 1000);
}

}  // namespace
}  // namespace kirsch::test
