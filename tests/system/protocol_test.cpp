// HTTP/1.1 as the real server speaks it: connections, framing, methods.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

constexpr auto protocol_paths =
    "paths:\n"
    "  /inspect: { handler: { inspect: {} } }\n"
    "  /worker: { handler: { inspect_blocking: {} } }\n"
    "  /later: { handler: { inspect: {} }, tools: { delay: { time: 1ms } } }\n"
    "  /stream: { handler: { ticker: { size: 64KiB } } }\n"
    "  /status: { handler: { reflector: {} } }\n"
    "  /folder/: { handler: { deliver_view: { bytes: below } } }\n";

class Protocol : public ::testing::Test {
 protected:
  const Server server_{loopback(std::string("server: { loops: 1 }\n") + protocol_paths)};
};

TEST_F(Protocol, keeps_connections_alive) {
  Client client(server_);
  for (int turn = 0; turn < 20; ++turn) {
    client.send(simple_get("/inspect"));
    const auto response = client.read();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.version_minor, 1);
    EXPECT_EQ(response.count("Date"), 1u);
  }
}

TEST_F(Protocol, closes_when_the_client_asks_for_it_and_says_so) {
  Client client(server_);
  client.send("GET /inspect HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read().field("Connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(Protocol, closes_after_http_1_0_unless_asked_to_keep_alive) {
  Client closing(server_);
  closing.send("GET /inspect HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closing.read().status, 200);
  EXPECT_TRUE(closing.closed_by_peer());
  Client keeping(server_);
  for (int turn = 0; turn < 3; ++turn) {
    keeping.send("GET /inspect HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(keeping.read().field("Connection"), "keep-alive");
  }
}

TEST_F(Protocol, answers_a_hundred_pipelined_requests_in_order) {
  std::string all;
  for (int number = 0; number < 100; ++number) all += simple_get("/inspect?" + std::to_string(number));
  Client client(server_);
  client.send(all);
  for (int number = 0; number < 100; ++number) {
    EXPECT_THAT(client.read().body, HasSubstr("query string: " + std::to_string(number) + "\n"));
  }
  EXPECT_TRUE(client.silent());
}

TEST_F(Protocol, answers_pipelined_bodies_in_order) {
  std::string all;
  for (int number = 0; number < 50; ++number) {
    all += "POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n" + std::to_string(100 + number);
    all += "POST /inspect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n" +
           std::to_string(200 + number) + "\r\n0\r\n\r\n";
  }
  Client client(server_);
  client.send(all);
  for (int number = 0; number < 50; ++number) {
    EXPECT_THAT(client.read().body, HasSubstr("body: " + std::to_string(100 + number) + "\n"));
    EXPECT_THAT(client.read().body, HasSubstr("body: " + std::to_string(200 + number) + "\n"));
  }
}

TEST_F(Protocol, understands_a_request_in_single_bytes) {
  Client client(server_);
  for (const char byte : std::string(
           "\r\nPOST /inspect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: x\r\n\r\n")) {
    ASSERT_TRUE(client.send(std::string_view(&byte, 1)));
  }
  EXPECT_THAT(client.read().body, HasSubstr("body: hi\n"));
}

TEST_F(Protocol, answers_a_client_that_has_closed_its_side) {
  Client client(server_);
  client.send(simple_get("/inspect?1") + simple_get("/inspect?2"));
  client.shutdown_write();
  EXPECT_THAT(client.read().body, HasSubstr("query string: 1\n"));
  EXPECT_THAT(client.read().body, HasSubstr("query string: 2\n"));
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(Protocol, answers_a_client_that_has_closed_its_side_however_long_it_takes) {
  for (const std::string_view target : {"/worker", "/later", "/stream", "/status", "/missing"}) {
    Client client(server_);
    client.send(simple_get(target));
    client.shutdown_write();
    EXPECT_EQ(client.read().status, target == "/missing" ? 404 : 200) << target;
    EXPECT_TRUE(client.closed_by_peer()) << target;
    EXPECT_FALSE(client.reset_by_peer()) << target;
  }
}

TEST_F(Protocol, holds_little_for_a_client_that_pipelines_and_reads_nothing) {
  Client client(server_);
  client.send(simple_get("/stream"));
  EXPECT_EQ(client.read().body.size(), 65536u);
  const auto before = most_resident(server_.pid());
  constexpr int count = 999;  // one connection serves a thousand
  std::string all;
  for (int number = 0; number < count; ++number) all += simple_get("/stream");
  client.send(all);
  EXPECT_EQ(get(server_, "/inspect").status, 200);
  for (int number = 0; number < count; ++number) ASSERT_EQ(client.read().body.size(), 65536u) << number;
  EXPECT_LT(most_resident(server_.pid()), before + tolerated_growth) << "of 64 MiB that were to be answered";
}

TEST_F(Protocol, sends_no_body_with_a_status_that_has_none) {
  for (const std::string status : {"204", "205", "304"}) {
    Client client(server_);
    client.send(simple_get("/status?way=status&what=" + status) + simple_get("/folder/"));
    const auto bodiless = client.read();
    EXPECT_EQ(std::to_string(bodiless.status), status);
    EXPECT_EQ(bodiless.body, "");
    EXPECT_EQ(client.read().body, "below");
  }
}

TEST_F(Protocol, sends_100_continue_only_to_those_who_wait_for_it) {
  Client client(server_);
  client.send("POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  client.send("body");
  EXPECT_THAT(client.read().body, HasSubstr("body: body\n"));
  client.send("POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(client.read().status, 200);
}

TEST_F(Protocol, sends_no_body_to_head) {
  Client client(server_);
  client.send("HEAD /folder/ HTTP/1.1\r\nHost: a\r\n\r\n" + simple_get("/folder/"));
  const auto head = client.read_without_body();
  EXPECT_EQ(head.field("Content-Length"), "5");
  const auto body = client.read();
  EXPECT_EQ(body.body, "below");
  EXPECT_EQ(body.field("Content-Type"), head.field("Content-Type"));
}

TEST_F(Protocol, sends_a_path_without_its_slash_to_the_folder) {
  const auto response = get(server_, "/folder?a=b");
  EXPECT_EQ(response.status, 308);
  EXPECT_EQ(response.field("Location"), "/folder/?a=b");
  EXPECT_EQ(get(server_, "/folder/deep/er").body, "below");
}

TEST_F(Protocol, never_leaves_its_own_site_when_it_adds_a_slash) {
  for (const std::string_view target : {"/\\evil.example/../folder", "//evil.example/../folder", "/x/%2e%2e/folder"}) {
    const auto response = get(server_, target);
    if (response.status == 400) continue;  // refused is as good
    EXPECT_EQ(response.status, 308) << target;
    EXPECT_EQ(response.field("Location"), "/folder/") << target;
  }
}

TEST_F(Protocol, does_not_know_other_paths) {
  for (const std::string_view target : {"/", "/other", "/inspect/", "/inspect/more", "/folders"}) {
    EXPECT_EQ(get(server_, target).status, 404) << target;
  }
}

TEST_F(Protocol, is_not_confused_by_a_body_that_nobody_reads) {
  Client client(server_);
  client.send("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(simple_get("/inspect").size()) +
              "\r\n\r\n" + simple_get("/inspect") + simple_get("/folder/"));
  EXPECT_EQ(client.read().status, 404);
  EXPECT_EQ(client.read().body, "below");
}

}  // namespace
}  // namespace kirsch::test
