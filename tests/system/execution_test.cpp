// Steps that take time: on a worker, suspended, resumed from elsewhere. The loop serves others meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::StartsWith;

constexpr auto wait_request = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Blocking, handler_does_not_hold_up_the_loop) {
  const Server server(
      loopback("server: { loops: 1 }\npaths: { /wait: { handler: { gate: {} } }, /open: { handler: { gate_opener: {} } "
               "}, /inspect: { handler: { inspect: {} } } }\n"));
  Client waiting(server);
  waiting.send(wait_request);
  server.wait_for_log("gate: waiting");
  Client other(server);
  for (int turn = 0; turn < 3; ++turn) {
    other.send("GET /inspect HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(other.read().status, 200);
  }
  EXPECT_TRUE(waiting.silent());
  other.send("GET /open HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(other.read().status, 200);
  EXPECT_EQ(waiting.read().body, "through\n");
}

TEST(Blocking, tools_and_handlers_run_on_a_worker) {
  const Server server(
      loopback("paths: { /tool: { handler: { inspect: {} }, tools: { nap: { time: 1ms } } }, /both: { "
               "handler: { nap: { time: 1ms } }, tools: { nap: { time: 1ms } } } }\n"));
  EXPECT_EQ(get(server, "/tool").field("X-Napped"), "on a worker");
  const auto both = get(server, "/both");
  EXPECT_EQ(both.field("X-Napped"), "on a worker");
  EXPECT_EQ(both.body, "slept well\n");
}

TEST(Blocking, answers_of_one_connection_keep_their_order) {
  const Server server(
      loopback("paths: { /slow: { handler: { nap: { time: 20ms } } }, /fast: { handler: { deliver_view: "
               "{ bytes: fast } } } }\n"));
  Client client(server);
  client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /fast HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read().body, "slept well\n");
  EXPECT_EQ(client.read().body, "fast");
}

TEST(Async, tool_suspends_at_any_point_and_a_timer_resumes_it_on_its_loop) {
  for (const std::string_view point :
       {"on_start_resource", "before_request_body", "before_handler", "before_finalize"}) {
    const Server server(loopback("paths: { /: { handler: { inspect: {} }, tools: { delay: { time: 1ms, point: " +
                                 std::string(point) + " } } } }\n"));
    Client client(server);
    for (int turn = 0; turn < 3; ++turn) {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
      const auto response = client.read();
      EXPECT_EQ(response.status, 200) << point;
      EXPECT_EQ(response.field("X-Delayed"), "same lane") << point;
      EXPECT_NE(response.body.find("body: body\n"), std::string::npos) << response.body;
    }
  }
}

TEST(Async, tool_is_resumed_from_a_worker) {
  const Server server(loopback("paths: { /: { handler: { inspect: {} }, tools: { offload: {} } } }\n"));
  Client client(server);
  for (int turn = 0; turn < 50; ++turn) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read().field("X-Offloaded"), "on a worker, resumed on the loop");
  }
}

TEST(Async, tool_may_be_resumed_before_its_step_returns_and_only_once) {
  const Server server(loopback("paths: { /: { handler: { inspect: {} }, tools: { eager: {} } } }\n"));
  Client client(server);
  for (int turn = 0; turn < 3; ++turn) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto response = client.read();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("X-Eager"), "resumed");
    EXPECT_EQ(response.count("X-Eager"), 1u);
  }
}

TEST(Async, tool_that_goes_on_may_fail_like_any_step) {
  const Server server(
      loopback("paths:\n"
               "  /exception: { handler: { inspect: {} }, tools: { eager: { fault: exception } } }\n"
               "  /error: { handler: { inspect: {} }, tools: { eager: { fault: error } } }\n"
               "  /redirect: { handler: { inspect: {} }, tools: { eager: { fault: redirect } } }\n"));
  Client client(server);
  for (const auto& [target, status] : {std::pair("/exception", 500), std::pair("/error", 418),
                                       std::pair("/redirect", 303), std::pair("/exception", 500)}) {
    client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read().status, status) << target;
  }
}

TEST(Async, tool_hands_its_work_from_loop_to_worker_and_back) {
  const Server server(
      loopback("server: { loops: 2 }\nlogs: { error: { level: debug } }\n"
               "paths: { /: { handler: { inspect: {} }, tools: { relay: {} } } }\n"));
  for (int turn = 1; turn <= 20; ++turn) {
    EXPECT_EQ(get(server, "/").field("X-Relayed"), "on the loop");
    server.wait_for_log("relay: timer dropped", static_cast<std::size_t>(turn));
  }
}

TEST(Async, and_blocking_steps_mix_in_one_pipeline) {
  const Server server(
      loopback("paths: { /: { handler: { inspect_blocking: {} }, tools: { delay: { time: 1ms, priority: 30 }, nap: { "
               "time: 1ms, priority: 40 }, offload: { priority: 50 }, eager: { priority: 60 }, noop: {} } } }\n"));
  Client client(server);
  for (int turn = 0; turn < 10; ++turn) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto response = client.read();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("X-Delayed"), "same lane");
    EXPECT_EQ(response.field("X-Napped"), "on a worker");
    EXPECT_EQ(response.field("X-Offloaded"), "on a worker, resumed on the loop");
    EXPECT_EQ(response.field("X-Eager"), "resumed");
  }
}

TEST(Async, exchanges_wait_side_by_side_on_one_loop) {
  const Server server(
      loopback("server: { loops: 1 }\npaths: { /: { handler: { inspect: {} }, tools: { delay: { time: "
               "20ms } } } }\n"));
  std::vector<std::unique_ptr<Client>> clients;
  for (int count = 0; count < 50; ++count) {
    clients.push_back(std::make_unique<Client>(server));
    clients.back()->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  for (const auto& client : clients) EXPECT_EQ(client->read().status, 200);
}

TEST(WorkerQueue, that_is_full_answers_503_before_any_work) {
  const Server server(
      loopback("server: { loops: 1, workers: 1, limits: { worker_queue: 1 } }\npaths: { /wait: { handler: { gate: {} } "
               "}, /open: { handler: { gate_opener: {} } } }\n"));
  Client running(server);
  running.send(wait_request);
  server.wait_for_log("gate: waiting");
  std::vector<std::unique_ptr<Client>> further;
  int refused = 0;
  // One of these finds room in the queue; where the loop hands over in batches a few more may.
  for (int count = 0; count < 20; ++count) {
    further.push_back(std::make_unique<Client>(server));
    further.back()->send(wait_request);
  }
  Client opener(server);
  opener.send("GET /open HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(opener.read().status, 200);
  for (const auto& client : further) {
    const auto response = client->read();
    if (response.status == 503) {
      ++refused;
      EXPECT_TRUE(response.field("Retry-After").has_value());
    } else {
      EXPECT_EQ(response.body, "through\n");
    }
  }
  EXPECT_EQ(running.read().body, "through\n");
  EXPECT_EQ(refused, 19) << "one running, one waiting";
  Client later(server);
  later.send(wait_request);
  EXPECT_EQ(later.read().body, "through\n") << "and the server recovers";
}

// Whoever came again would have it done twice.
TEST(WorkerQueue, that_is_full_behind_the_handler_asks_nobody_to_come_again) {
  const Server server(
      loopback("server: { loops: 1, workers: 1, limits: { worker_queue: 1 } }\npaths: { /wait: { handler: { gate: {} } "
               "}, /open: { handler: { gate_opener: {} } }, /done: { handler: { deliver_view: {} }, tools: { "
               "afterthought: {} } } }\n"));
  Client running(server), waiting(server);
  running.send(wait_request);
  server.wait_for_log("gate: waiting");
  waiting.send(wait_request);
  const auto answer = get(server, "/done");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.field("Retry-After"), std::nullopt);
  EXPECT_EQ(get(server, "/open").status, 200);
  EXPECT_EQ(running.read().status, 200);
  EXPECT_EQ(waiting.read().status, 200);
  EXPECT_EQ(get(server, "/done").status, 200);
}

TEST(Execution, of_work_that_a_plugin_leaves_begins_with_the_loops) {
  Server server(
      loopback("engine: { signals: {}, eager: {}, patient: {} }\n"
               "paths: { /: { handler: { respond: { body: here } } } }\n"));
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_THAT(server.log(), ::testing::HasSubstr("eager leaves 0 with workers, 0 with loops"));
  EXPECT_THAT(server.log(), ::testing::HasSubstr("patient leaves 1 with workers, 1 with loops"));
}

}  // namespace
}  // namespace kirsch::test
