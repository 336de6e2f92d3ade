// What one client may cost, in bytes and in time, and how each refusal looks.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <memory>
#include <thread>
#include <vector>

#include "support/client.h"

namespace kirsch::test {
namespace {

constexpr auto inspecting = "paths: { /inspect: { handler: { inspect: {} } } }\n";

class Limits : public ::testing::Test {
 protected:
  const Server server_{loopback(
      std::string("server: { loops: 1, limits: { header_block: 2000, header_field: 500, header_count: 10, uri: 100, "
                  "body: 1000, keep_alive_requests: 5 } }\n") +
      inspecting)};

  int status(std::string_view message) {
    Client client(server_);
    client.send(message);
    const auto response = client.read();
    EXPECT_TRUE(response.status < 400 || client.closed_by_peer());
    return response.status;
  }
};

TEST_F(Limits, of_the_target_is_414) {
  EXPECT_EQ(status(simple_get("/inspect?" + std::string(91, 'x'))), 200) << "exactly 100 bytes";
  EXPECT_EQ(status(simple_get("/inspect?" + std::string(92, 'x'))), 414);
  EXPECT_EQ(status(simple_get("/inspect?" + std::string(20'000, 'x'))), 414);
  Client client(server_);
  client.send("HEAD /" + std::string(20'000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_without_body().status, 414);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(Limits, of_a_field_the_fields_and_their_number_are_431) {
  const auto with = [](const std::string& fields) { return "GET /inspect HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; };
  EXPECT_EQ(status(with("X: " + std::string(497, 'x') + "\r\n")), 200) << "exactly 500 bytes";
  EXPECT_EQ(status(with("X: " + std::string(498, 'x') + "\r\n")), 431);
  std::string many;
  for (int count = 0; count < 9; ++count) many += "X: y\r\n";
  EXPECT_EQ(status(with(many)), 200) << "ten with Host";
  EXPECT_EQ(status(with(many + "X: y\r\n")), 431);
  std::string large;
  for (int count = 0; count < 5; ++count) large += "X: " + std::string(450, 'x') + "\r\n";
  EXPECT_EQ(status(with(large)), 431);
}

TEST_F(Limits, of_the_body_is_413) {
  const auto with = [](std::size_t size) {
    return "POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  EXPECT_EQ(status(with(1000)), 200);
  EXPECT_EQ(status(with(1001)), 413);
}

TEST_F(Limits, of_the_body_is_413_before_it_is_sent) {
  Client client(server_);
  client.send("POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 413) << "and no 100 before it";
}

class LimitsOfTime : public ::testing::Test {
 protected:
  const Server server_{loopback(
      std::string("server: { loops: 1, limits: { head_time: 1s, body_idle: 1s, keep_alive: 1s } }\n") + inspecting)};
};

TEST_F(LimitsOfTime, for_a_head_are_408) {
  Client client(server_);
  client.send("GET /inspect HTTP/1.1\r\nHost:");
  EXPECT_EQ(client.read().status, 408);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(LimitsOfTime, for_a_body_are_408) {
  Client client(server_);
  client.send("POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\npart");
  EXPECT_EQ(client.read().status, 408);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(LimitsOfTime, without_a_request_end_a_connection_without_a_word) {
  Client silent(server_);
  Client used(server_);
  used.send(simple_get("/inspect"));
  EXPECT_EQ(used.read().status, 200);
  EXPECT_TRUE(used.closed_by_peer());
  EXPECT_TRUE(silent.closed_by_peer()) << "no answer to a request that was never begun";
}

TEST_F(Limits, of_requests_are_announced_by_the_last_answer) {
  Client client(server_);
  for (int turn = 1; turn <= 5; ++turn) {
    client.send(simple_get("/inspect"));
    EXPECT_EQ(client.read().field("Connection").value_or("keep-alive"), turn < 5 ? "keep-alive" : "close") << turn;
  }
  EXPECT_TRUE(client.closed_by_peer());
}

std::string with_limits(const std::string& limits, const std::string& handler = "deliver_view: { bytes: ok }") {
  return loopback("server: { loops: 1, limits: { " + limits + " } }\npaths: { /: { handler: { " + handler + " } } }\n");
}

TEST(Limit, of_connections_lets_the_oldest_idle_one_make_room) {
  const Server server(with_limits("connections: 20"));
  std::vector<std::unique_ptr<Client>> idle;
  for (int count = 0; count < 19; ++count) {
    idle.push_back(std::make_unique<Client>(server));
    idle.back()->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(idle.back()->read().status, 200);
  }
  for (int count = 0; count < 3; ++count) EXPECT_EQ(get(server, "/").status, 200);
  EXPECT_TRUE(idle.front()->closed_by_peer());
  idle.back()->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(idle.back()->read().status, 200) << "the youngest stays";
}

TEST(Limit, of_a_client_is_exact_and_comes_back) {
  const Server server(with_limits("client_connections: 3"));
  std::vector<std::unique_ptr<Client>> clients;
  const auto ask = [](Client& client) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    return client.read();
  };
  for (int count = 0; count < 3; ++count) {
    clients.push_back(std::make_unique<Client>(server));
    EXPECT_EQ(ask(*clients.back()).status, 200);
  }
  Client beyond(server);
  const auto refused = beyond.read();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("Retry-After"), "1");
  clients.pop_back();
  // Until the server has seen the end of that one.
  while (get(server, "/").status == 503) std::this_thread::yield();
}

// Which loop a client comes to is the kernel's choice; no loop refuses it while another one has room.
TEST(Limit, of_connections_counts_those_of_all_loops_together) {
  constexpr std::size_t most = 60;
  const auto status = [](Client& client) {
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    return client.read().status;
  };
  for (const bool own : {false, true}) {
    const std::string limits = "limits: { connections: " + std::to_string(most) + " }";
    const Server server("version: 1\nserver: { loops: 2" + (own ? "" : ", " + limits) +
                        " }\nlisteners: { main: { bind: \"127.0.0.1:0\"" + (own ? ", " + limits : "") +
                        " } }\npaths: { /: { handler: { parcel_whole: {} } } }\n");
    std::vector<std::unique_ptr<Client>> busy;
    for (std::size_t count = 0; count < most; ++count) {
      busy.push_back(std::make_unique<Client>(server));
      ASSERT_EQ(status(*busy.back()), 100) << count;
    }
    Client beyond(server);
    EXPECT_EQ(beyond.read().status, 503);
    busy.front()->reset();
    // Until the server has seen the end of that one.
    int answer = 503;
    while (answer == 503) {
      Client next(server);
      answer = status(next);
    }
    EXPECT_EQ(answer, 100);
  }
}

// As many as it may have are open, whatever for. (io_uring goes by the limit from when it began to accept.)
TEST(Limit, of_descriptors_is_told_to_who_comes_then_and_passes) {
  const Server server(
      loopback("server: { loops: 1, driver: epoll }\npaths: { /: { handler: { deliver_view: { bytes: ok } } } }\n"));
  EXPECT_EQ(get(server, "/").status, 200);
  rlim_t highest = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(server.pid()) + "/fd")) {
    highest = std::max<rlim_t>(highest, std::stoul(entry.path().filename()));
  }
  const rlimit all_open{highest + 3, highest + 3};
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_NOFILE, &all_open, nullptr), 0);
  std::vector<std::unique_ptr<Client>> clients;
  Response answer;
  do {
    clients.push_back(std::make_unique<Client>(server));
    clients.back()->send(simple_get("/"));
    answer = clients.back()->read();
  } while (answer.status == 200 && clients.size() <= all_open.rlim_cur);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.field("Retry-After"), "1");
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(clients.back()->closed_by_peer());
  EXPECT_FALSE(clients.back()->reset_by_peer());
  server.wait_for_log("cannot accept on 127.0.0.1");
  clients.front()->send(simple_get("/"));
  EXPECT_EQ(clients.front()->read().status, 200) << "those that are there are served on";
  clients.clear();
  while (get(server, "/").status != 200) std::this_thread::yield();
}

TEST(Limit, of_clients_do_not_hold_this_machine_unless_they_say_so) {
  const Server server(with_limits("connections: 1000"));
  std::vector<std::unique_ptr<Client>> clients;
  for (int count = 0; count < 300; ++count) clients.push_back(std::make_unique<Client>(server));
  EXPECT_EQ(get(server, "/").status, 200);
}

TEST(Limit, of_a_listener_are_its_own_and_else_those_of_the_server) {
  const Server server(
      "version: 1\nserver: { limits: { uri: 50, body: 5 } }\nlisteners:\n"
      "  a: { bind: \"127.0.0.1:0\" }\n"
      "  b: { bind: \"127.0.0.1:0\", limits: { uri: 100 } }\n"
      "paths: { /: { handler: { deliver_view: { bytes: ok } } } }\n");
  const auto status = [&](std::size_t listener, std::size_t size) {
    Client client(server.port(listener));
    client.send("GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return client.read().status;
  };
  EXPECT_EQ(status(0, 50), 200);
  EXPECT_EQ(status(0, 51), 414);
  EXPECT_EQ(status(1, 100), 200);
  EXPECT_EQ(status(1, 101), 414);
}

TEST(Limit, of_the_life_of_a_connection_end_it_with_an_answer) {
  const Server server(with_limits("keep_alive_life: 1ms", "nap: { time: 20ms }"));
  Client client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read().field("Connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
}

// How much of an answer that its client does not take is made: by default far less than this.
TEST(Limit, of_the_output_queue_is_what_a_handler_may_be_ahead) {
  constexpr std::uint64_t mebi = 1024 * 1024;
  const Server server(loopback(
      "server: { loops: 1, limits: { output_queue: 32MiB } }\npaths: { /: { handler: { ticker: { size: 64MiB } "
      "} }, /produced: { handler: { ticker_produced: {} } } }\n"));
  Client client(server, {.receive_buffer = 4096});
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  std::uint64_t made = 0;
  for (int turn = 0; turn < 20'000 && made < 16 * mebi; ++turn) made = std::stoull(get(server, "/produced").body);
  EXPECT_GE(made, 16 * mebi);
  EXPECT_LT(made, 64 * mebi);
}

// It reads quickly at first, so that the kernel buffers megabytes for it, and then 8 KiB whenever the server has
// answered another client, less than 20 times a second: it takes seconds until the kernel asks for more.
TEST(Limit, of_the_time_for_taking_an_answer_leaves_a_steady_slow_reader_alone) {
  const Server server(loopback(
      "server: { limits: { write_idle: 2s } }\npaths: { /: { handler: { ticker: { size: 64MiB } } }, /pause: { "
      "handler: { nap: { time: 50ms } } } }\n"));
  Client client(server, {.receive_buffer = 256 * 1024});
  client.send(simple_get("/"));
  client.read_exactly(16 << 20);
  for (int count = 0; count < 100; ++count) {
    ASSERT_EQ(get(server, "/pause").status, 200);
    client.read_exactly(128 << 10);  // more than the window must open by, so each time the server can send
  }
  EXPECT_EQ(client.read_exactly(35 << 20).size(), 35U << 20);
}

TEST(Limit, of_the_time_for_taking_an_answer_ends_a_client_that_takes_nothing) {
  const Server server(
      loopback("server: { limits: { write_idle: 100ms } }\npaths: { /: { handler: { ticker: { size: 64MiB } } } }\n"));
  Client client(server);
  client.send(simple_get("/"));
  server.wait_for_log("ticker: destroyed");
}

TEST(Limit, of_time_name_the_handler_that_does_not_return) {
  const Server server(
      loopback("server: { limits: { handler_time: 20ms } }\npaths: { /: { handler: { gate: {} } }, /open: { handler: { "
               "gate_opener: {} } } }\n"));
  Client client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("gate has not returned for 20ms on lane");
  EXPECT_EQ(get(server, "/open").status, 200);
  EXPECT_EQ(client.read().body, "through\n");
}

}  // namespace
}  // namespace kirsch::test
