// A client that leaves: at every point where an exchange can wait, on_end_request follows at once and nothing else.
#include <gtest/gtest.h>

#include "orders.h"

namespace kirsch::test {
namespace {

std::string suspended_at(std::string_view point) {
  return loopback(
      "server: { loops: 1 }\npaths:\n  /: { handler: { recorder: {} }, tools: { recorder_async: { suspend_at: " +
      std::string(point) + " } } }\n");
}

TEST(Gone, ends_an_exchange_that_is_suspended_in_a_hook) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"on_start_resource", "on_start_resource on_end_request"},
      {"before_request_body", "on_start_resource before_request_body on_end_request"},
      {"before_handler", "on_start_resource before_request_body before_handler on_end_request"},
      {"before_finalize",
       "on_start_resource before_request_body before_handler handler before_finalize on_end_request"},
      {"on_end_resource",
       "on_start_resource before_request_body before_handler handler before_finalize on_end_resource on_end_request"},
  };
  for (const auto& [point, expected] : cases) {
    const Server server(suspended_at(point));
    Orders orders(server);
    Client client(server);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait_for_log("recorder: suspended");
    EXPECT_TRUE(point == "on_end_resource" || client.silent()) << point;
    client.reset();
    EXPECT_EQ(orders.next(), expected) << point;
  }
}

TEST(Gone, ends_an_exchange_that_is_suspended_in_an_error_hook) {
  for (const std::string_view point : {"before_error_response", "after_error_response"}) {
    const Server server(
        loopback("server: { loops: 1 }\npaths:\n  /: { handler: { recorder: { fault: exception } }, tools: { "
                 "recorder_async: { suspend_at: " +
                 std::string(point) + " } } }\n"));
    Orders orders(server);
    Client client(server);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait_for_log("recorder: suspended");
    client.reset();
    const std::string before = "on_start_resource before_request_body before_handler handler before_error_response ";
    EXPECT_EQ(orders.next(),
              before + (point == "after_error_response" ? "after_error_response on_end_request" : "on_end_request"));
  }
}

TEST(Gone, ends_an_exchange_whose_handler_is_suspended) {
  const Server server(loopback(
      "server: { loops: 1 }\npaths:\n  /: { handler: { recorder_suspended: {} }, tools: { recorder: {} } }\n"));
  Orders orders(server);
  Client client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("recorder: suspended");
  client.reset();
  EXPECT_EQ(orders.next(), "on_start_resource before_request_body before_handler handler on_end_request");
}

TEST(Gone, frees_what_a_suspended_handler_holds) {
  const Server server(loopback("paths: { /: { handler: { forever: {} } } }\n"));
  Client client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("forever: suspended");
  EXPECT_EQ(server.log().find("forever: destroyed"), std::string::npos);
  client.reset();
  server.wait_for_log("forever: destroyed");
}

TEST(Gone, ends_an_exchange_that_waits_for_its_body) {
  const Server server(
      loopback("server: { loops: 1 }\ntools: { recorder: {} }\npaths:\n"
               "  /buffered: { handler: { recorder: {} } }\n"
               "  /streamed: { handler: { recorder_body: {} } }\n"));
  Orders orders(server);
  {
    Client client(server);
    client.send("POST /buffered HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read().status, 100);
    client.send("part");
    client.reset();
    EXPECT_EQ(orders.next(), "on_start_resource before_request_body on_end_request");
  }
  Client client(server);
  client.send("POST /streamed HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  client.reset();
  EXPECT_EQ(orders.next(), "on_start_resource before_request_body on_end_request");
}

TEST(Gone, while_a_worker_is_busy_leaves_only_on_end_request_when_it_comes_back) {
  const Server server(
      loopback("server: { loops: 1 }\npaths:\n"
               "  /wait: { handler: { gate: {} }, tools: { recorder: {} } }\n"
               "  /open: { handler: { gate_opener: {} } }\n"));
  Orders orders(server);
  Client client(server);
  client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("gate: waiting");
  client.reset();
  EXPECT_EQ(get(server, "/open").status, 200);
  EXPECT_EQ(orders.next(), "on_start_resource before_request_body before_handler on_end_request");
}

// The connection and its buffers serve other clients by then.
TEST(Gone, leaves_the_request_of_a_busy_worker_as_it_was) {
  const Server server(
      loopback("server: { loops: 1 }\npaths:\n"
               "  /wait: { handler: { gate: {} } }\n"
               "  /open: { handler: { gate_opener: {} } }\n"));
  Client client(server);
  client.send("GET /wait?who=first HTTP/1.1\r\nHost: a\r\nX-Who: first\r\nCookie: who=first\r\n\r\n");
  server.wait_for_log("gate: waiting");
  client.reset();
  for (int other = 0; other < 20; ++other) {
    EXPECT_EQ(get(server, "/nowhere?who=other", "X-Who: other\r\nCookie: who=other\r\n").status, 404);
  }
  EXPECT_EQ(get(server, "/open", "X-Who: other\r\nCookie: who=other\r\n").status, 200);
  server.wait_for_log("gate: woke for first with cookie first and query first");
}

TEST(Gone, while_the_body_leaves_ends_the_producer_and_the_exchange) {
  const Server server(
      loopback("server: { loops: 1 }\npaths:\n"
               "  /: { handler: { ticker: { size: 1GiB } }, tools: { recorder: {} } }\n"));
  Orders orders(server);
  Client client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  client.read_exactly(100'000);
  client.reset();
  server.wait_for_log("ticker: destroyed");
  EXPECT_EQ(orders.next(),
            "on_start_resource before_request_body before_handler before_finalize on_end_resource on_end_request");
}

TEST(Gone, ends_only_the_exchange_of_that_client) {
  const Server server(
      loopback("server: { loops: 1 }\npaths:\n"
               "  /wait: { handler: { recorder_suspended: {} }, tools: { recorder: {} } }\n"
               "  /ok: { handler: { recorder: {} }, tools: { recorder: {} } }\n"));
  Orders orders(server);
  Client gone(server);
  gone.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("recorder: suspended");
  Client other(server);
  other.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(other.read().status, 200);
  EXPECT_EQ(orders.next(),
            "on_start_resource before_request_body before_handler handler before_finalize on_end_resource "
            "on_end_request");
  gone.reset();
  EXPECT_EQ(orders.next(), "on_start_resource before_request_body before_handler handler on_end_request");
  other.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(other.read().status, 200);
}

}  // namespace
}  // namespace kirsch::test
