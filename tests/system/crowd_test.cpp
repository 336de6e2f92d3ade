// Many clients at once: idle ones, and those that take their time with a head, a body or an answer.
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "support/footprint.h"

namespace kirsch::test {
namespace {

using Clients = std::vector<std::unique_ptr<Client>>;

constexpr auto get_root = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

// Both this process and the server, which inherits it, hold one descriptor per connection.
TEST(Crowd, of_ten_thousand_idle_connections_is_served_in_flat_memory) {
  if (const auto allowed = allow_descriptors(20'000); allowed < 12'000)
    GTEST_SKIP() << "only " << allowed << " descriptors are allowed here";
  constexpr std::size_t many = 10'000;
  const Server server(
      loopback("server: { limits: { connections: 12000, keep_alive: 10m } }\n"
               "paths: { /: { handler: { respond: { body: here } } } }\n"));
  const Footprint before(server);
  const auto empty = resident(server.pid());
  Clients clients;
  const auto ask_all = [&] {
    for (const auto& client : clients) {
      ASSERT_TRUE(client->send(get_root));
      ASSERT_EQ(client->read().body, "here");
    }
  };
  for (std::size_t i = 0; i < many; ++i) {
    clients.push_back(std::make_unique<Client>(server));
    ASSERT_TRUE(clients.back()->send(get_root));
    ASSERT_EQ(clients.back()->read().body, "here");
  }
  const auto full = resident(server.pid());
  RecordProperty("bytes_per_idle_connection", std::to_string((full - empty) / many));
  ask_all();
  EXPECT_LT(resident(server.pid()), full + tolerated_growth);
  clients.clear();
  before.expect_back();
}

// How long all but the slowest of a hundred answers to a good client take, in the best and in the worst of some rounds:
// other programs of this machine disturb some of them, a server that is held up is slow in each.
struct Times {
  std::chrono::nanoseconds best = std::chrono::nanoseconds::max();
  std::chrono::nanoseconds worst{};
};
Times times_of_good_clients(const Server& server) {
  Times all;
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(get(server, "/").body, "here");
    Client kept(server);
    std::vector<std::chrono::nanoseconds> times;
    for (int i = 0; i < 100; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      EXPECT_TRUE(kept.send(get_root));
      EXPECT_EQ(kept.read().body, "here");
      times.push_back(std::chrono::steady_clock::now() - begin);
    }
    std::ranges::nth_element(times, times.end() - 2);
    all.best = std::min(all.best, *(times.end() - 2));
    all.worst = std::max(all.worst, *(times.end() - 2));
  }
  return all;
}

// One way of being slow: what each client does, and then does again while others want to be served. Without `more` it
// reads a little of its answer.
struct Slow {
  std::string name;
  std::string begin;
  std::string more;
};
void PrintTo(const Slow& slow, std::ostream* out) { *out << slow.name; }

class SlowCrowd : public ::testing::TestWithParam<Slow> {};

TEST_P(SlowCrowd, keeps_nobody_else_from_being_served) {
  if (const auto allowed = allow_descriptors(20'000); allowed < 12'000)
    GTEST_SKIP() << "only " << allowed << " descriptors are allowed here";
  TemporaryFolder site;
  std::filesystem::resize_file(site.write("large.bin", ""), 64 * mebi);  // more than any buffer of the kernel
  const Server server(loopback(
      "server: { limits: { connections: 4000, head_time: 10m, body_idle: 10m, body_rate: 0, write_idle: 10m } }\n"
      "paths:\n  /: { handler: { respond: { body: here } } }\n  /echo: { handler: { echo: {} } }\n"
      "  /files/: { handler: { static: { strip: /files, root: \"" +
      site.path().string() + "\" } } }\n"));
  const Footprint before(server);
  const auto most = 100 * times_of_good_clients(server).worst;
  Clients slow;
  for (int i = 0; i < 1000; ++i) {
    slow.push_back(std::make_unique<Client>(server, ClientOptions{.receive_buffer = 4096}));
    ASSERT_TRUE(slow.back()->send(GetParam().begin));
  }
  EXPECT_LT(times_of_good_clients(server).best, most);
  std::uint64_t held = 0;  // once all that was sent at first has been taken
  for (int round = 0; round < 3; ++round) {
    for (const auto& client : slow) {
      if (GetParam().more.empty()) {
        ASSERT_FALSE(client->read_some(1000).empty());
      } else {
        ASSERT_TRUE(client->send(GetParam().more));
      }
    }
    EXPECT_LT(times_of_good_clients(server).best, most);
    if (round == 0) held = resident(server.pid());
  }
  EXPECT_LT(resident(server.pid()), held + tolerated_growth);
  slow.clear();
  before.expect_back(8);  // what the handler static remembers is closed by and by
}

INSTANTIATE_TEST_SUITE_P(
    Each, SlowCrowd,
    ::testing::Values(
        Slow{"heads", "GET / HTTP/1.1\r\nHost: a\r\nX-", "a"},
        Slow{"bodies", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" + std::string(50'000, 'x'),
             "x"},
        Slow{"chunks", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", "1\r\nx\r\n"},
        Slow{"readers", "GET /files/large.bin HTTP/1.1\r\nHost: a\r\n\r\n", ""}),
    [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace kirsch::test
