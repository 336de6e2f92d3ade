// The life of the process: signals, the drain, and what a thousand requests leave behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// phase_last says that the stop has begun, before the loops hear of it.
constexpr auto yaml =
    "engine: { signals: {}, phase_last: {} }\nserver: { loops: 1, drain: 60s, limits: { keep_alive_requests: 1000000 } "
    "}\npaths:\n"
    "  /wait: { handler: { gate: {} } }\n"
    "  /open: { handler: { gate_opener: {} } }\n"
    "  /forever: { handler: { forever: {} } }\n"
    "  /inspect: { handler: { inspect: {} } }\n";
constexpr auto stopping = "phase 19: stop";

TEST(Drain, serves_what_was_accepted_and_ends_with_0) {
  Server server(loopback(yaml));
  Client waiting(server);
  Client first(server);
  Client second(server);
  for (auto* kept : {&first, &second}) {
    kept->send("GET /inspect HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(kept->read().status, 200);
  }
  // The next requests have begun: what is idle goes soon.
  const std::string inspect = "GET /inspect HTTP/1.1\r\nHost: a\r\n", open = "GET /open HTTP/1.1\r\nHost: a\r\n";
  first.send(inspect);
  second.send(open);
  waiting.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("gate: waiting");
  server.signal(SIGTERM);
  server.wait_for_log(stopping);
  // A connection that was there before gets its next answer, which says that it is the last once the loop drains.
  std::optional<std::string> last;
  for (int turn = 0; turn < 100'000 && last != "close"; ++turn) {
    ASSERT_TRUE(first.send("\r\n" + inspect));
    const auto response = first.read();
    ASSERT_EQ(response.status, 200);
    last = response.field("Connection");
  }
  EXPECT_EQ(last, "close");
  EXPECT_TRUE(first.closed_by_peer());
  EXPECT_TRUE(waiting.silent());
  second.send("\r\n");
  EXPECT_EQ(second.read().field("Connection"), "close");
  EXPECT_TRUE(second.closed_by_peer());
  const auto response = waiting.read();
  EXPECT_EQ(response.body, "through\n");
  EXPECT_EQ(response.field("Connection"), "close");
  EXPECT_TRUE(waiting.closed_by_peer());
  EXPECT_EQ(server.wait(), 0) << server.log();
}

TEST(Drain, does_not_wait_for_idle_connections) {
  Server server(loopback(yaml));
  Client never(server);
  Client once(server);
  once.send("GET /inspect HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(once.read().status, 200);
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_TRUE(once.closed_by_peer());
}

TEST(Drain, ends_at_its_deadline) {
  Server server(loopback("server: { loops: 1, drain: 100ms }\npaths: { /: { handler: { forever: {} } } }\n"));
  Client client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("forever: suspended");
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_THAT(server.log(), HasSubstr("forever: destroyed"));
}

TEST(Signals, int_ends_the_server_as_term_does) {
  Server server(loopback(yaml));
  server.signal(SIGINT);
  EXPECT_EQ(server.wait(), 0) << server.log();
  EXPECT_THAT(server.log(), HasSubstr(stopping));
}

TEST(Signals, a_second_term_ends_the_drain) {
  Server server(loopback(yaml));
  Client client(server);
  client.send("GET /forever HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("forever: suspended");
  server.signal(SIGTERM);
  server.wait_for_log(stopping);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0) << server.log();
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_THAT(server.log(), HasSubstr("forever: destroyed"));
}

TEST(Signals, a_second_term_does_not_wait_for_a_worker) {
  Server server(loopback(yaml));
  Client client(server);
  client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("gate: waiting");
  server.signal(SIGTERM);
  server.wait_for_log(stopping);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 1) << "a step that never ends is an error of its module\n" << server.log();
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Signals, term_during_the_start_undoes_it) {
  ServerOptions options;
  options.wait_until_ready = false;
  Server server(loopback("engine: { signals: {}, phase_one: {}, phase_two: { wait_in_start: true }, phase_three: {} }\n"
                         "paths: { /: { handler: { inspect: {} } } }\n"),
                options);
  server.wait_for_log("phase 2: start");
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0) << server.log();
  EXPECT_THAT(server.log(), Not(HasSubstr("ready\n")));
  EXPECT_THAT(server.log(), Not(HasSubstr("phase 3: start")));
  const auto log = server.log();
  EXPECT_LT(log.find("phase 2: stop"), log.find("phase 1: stop")) << log;
  EXPECT_NE(log.find("phase 1: stop"), std::string::npos) << log;
}

TEST(Signals, without_their_plugin_end_the_process_as_any_other) {
  Server server(loopback("engine: {}\npaths: { /: { handler: { inspect: {} } } }\n"));
  EXPECT_EQ(get(server, "/").status, 200);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 128 + SIGTERM);
}

TEST(Life, gives_the_number_of_a_closed_standard_stream_to_nothing_of_its_own) {
  const Server server(loopback("paths: { /: { handler: { inspect: {} } } }\n"),
                      {.launcher = {"sh", "-c", "exec \"$@\" <&- 2>&-", "sh"}});
  const auto descriptors = std::filesystem::path("/proc") / std::to_string(server.pid()) / "fd";
  for (const auto* stream : {"0", "2"}) EXPECT_EQ(std::filesystem::read_symlink(descriptors / stream), "/dev/null");
}

TEST(Bus, takes_the_end_from_a_module) {
  Server server(loopback("engine: {}\npaths: { /quit: { handler: { quit: {} } } }\n"));
  EXPECT_EQ(get(server, "/quit").body, "stopping\n");
  EXPECT_EQ(server.wait(), 0) << server.log();
}

TEST(Plugins, stop_and_exit_in_mirrored_order_although_one_fails) {
  Server server(loopback(
      "engine: { signals: {}, phase_one: {}, phase_two: { fail: stop }, phase_three: {} }\npaths: { /: { handler: { "
      "inspect: {} } } }\n"));
  EXPECT_EQ(server.stop(), 1) << server.log();
  const auto log = server.log();
  std::size_t last = 0;
  for (const auto* line : {"phase 1: start", "phase 2: start", "phase 3: start", "phase 3: stop", "phase 2: stop",
                           "phase 1: stop", "phase 3: exit", "phase 2: exit", "phase 1: exit"}) {
    const auto at = log.find(line);
    ASSERT_NE(at, std::string::npos) << line << "\n" << log;
    EXPECT_GT(at, last) << line << "\n" << log;
    last = at;
  }
  EXPECT_THAT(log, HasSubstr("phase 2 fails in stop"));
}

TEST(Life, leaves_nothing_behind_after_a_thousand_requests) {
  const Server server(
      loopback("server: { loops: 2, workers: 4 }\npaths:\n"
               "  /inline: { handler: { inspect: {} } }\n"
               "  /worker: { handler: { nap: { time: 0ms } } }\n"
               "  /async: { handler: { inspect: {} }, tools: { delay: { time: 1ms }, offload: {} } }\n"
               "  /stream: { handler: { waker: { pieces: 3 } } }\n"
               "  /throw: { handler: { thrower: {} } }\n"));
  const auto count = [&](const char* what) {
    const auto folder = std::filesystem::path("/proc") / std::to_string(server.pid()) / what;
    return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
  };
  Client client(server);
  const auto turn = [&] {
    for (const std::string target : {"/inline", "/worker", "/async", "/stream", "/throw"}) {
      client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
      EXPECT_EQ(client.read().status, target == "/throw" ? 500 : 200);
      EXPECT_EQ(get(server, target).status, target == "/throw" ? 500 : 200);
    }
  };
  turn();
  const auto descriptors = count("fd");
  const auto threads = count("task");
  for (int number = 0; number < 100; ++number) turn();
  EXPECT_EQ(count("task"), threads);
  // The last connection may still be on its way out.
  client.send("GET /inline HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  EXPECT_LE(count("fd"), descriptors + 1);
}

}  // namespace
}  // namespace kirsch::test
