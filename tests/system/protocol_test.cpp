// HTTP/1.1 as the real server speaks it: connections, framing, limits, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

constexpr auto paths =
    "paths:\n"
    "  /inspect: { handler: { inspect: {} } }\n"
    "  /sink: { handler: { sink: {} } }\n"
    "  /folder/: { handler: { deliver_view: { bytes: below } } }\n";

class Protocol : public ::testing::Test {
 protected:
  const Server server_{loopback(std::string("server: { loops: 1 }\n") + paths)};
};

std::string simple(std::string_view target) { return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n"; }

TEST_F(Protocol, keeps_connections_alive) {
  Client client(server_);
  for (int turn = 0; turn < 20; ++turn) {
    client.send(simple("/inspect"));
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
  for (int number = 0; number < 100; ++number) all += simple("/inspect?" + std::to_string(number));
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
  client.send(simple("/inspect?1") + simple("/inspect?2"));
  client.shutdown_write();
  EXPECT_THAT(client.read().body, HasSubstr("query string: 1\n"));
  EXPECT_THAT(client.read().body, HasSubstr("query string: 2\n"));
  EXPECT_TRUE(client.closed_by_peer());
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

TEST_F(Protocol, refuses_an_unknown_expectation) {
  EXPECT_EQ(get(server_, "/inspect", "Expect: miracles\r\n").status, 417);
}

TEST_F(Protocol, sends_no_body_to_head) {
  Client client(server_);
  client.send("HEAD /folder/ HTTP/1.1\r\nHost: a\r\n\r\n" + simple("/folder/"));
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

TEST_F(Protocol, does_not_know_other_paths) {
  for (const std::string_view target : {"/", "/other", "/inspect/", "/inspect/more", "/folders"}) {
    EXPECT_EQ(get(server_, target).status, 404) << target;
  }
}

TEST_F(Protocol, never_echoes_trace_and_serves_no_proxy) {
  EXPECT_EQ(request(server_, "TRACE", "/inspect").status, 405);
  const auto status = request(server_, "CONNECT", "other:80", "Host: other:80\r\n").status;
  EXPECT_TRUE(status == 405 || status == 501) << status;
}

TEST_F(Protocol, does_not_implement_a_method_that_nobody_knows) {
  EXPECT_EQ(request(server_, std::string(33, 'M'), "/inspect").status, 501);
}

// Messages that could mean different things to different parsers: one answer, the end, and nothing after it is done.
struct Malformed {
  const char* name;
  const char* message;
  int status = 400;
};
const Malformed malformed[] = {
    {"no_host", "GET /inspect HTTP/1.1\r\n\r\n"},
    {"two_hosts", "GET /inspect HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
    {"bad_host", "GET /inspect HTTP/1.1\r\nHost: u@a\r\n\r\n"},
    {"space_before_colon", "GET /inspect HTTP/1.1\r\nHost : a\r\n\r\n"},
    {"folded_field", "GET /inspect HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"},
    {"bare_line_feed", "GET /inspect HTTP/1.1\nHost: a\n\n"},
    {"bare_carriage_return", "GET /inspect HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"},
    {"control_character", "GET /inspect HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n"},
    {"two_spaces", "GET  /inspect HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"no_version", "GET /inspect\r\nHost: a\r\n\r\n"},
    {"strange_version", "GET /inspect HTTP/1.10\r\nHost: a\r\n\r\n"},
    {"version_2", "GET /inspect HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"fragment", "GET /inspect#top HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"broken_escape", "GET /inspect%zz HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"escaped_nul", "GET /inspect%00 HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"above_the_root", "GET /../inspect HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"two_lengths", "POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n"},
    {"signed_length", "POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n"},
    {"length_and_chunked",
     "POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"unknown_coding", "POST /inspect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
    {"chunked_not_last", "POST /inspect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"},
    {"chunked_in_1_0", "POST /inspect HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"bad_chunk_size", "POST /inspect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"},
    {"chunk_too_long", "POST /inspect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"},
    {"bytes_of_tls", "\x16\x03\x01\x02\x01\x01"},
};

class MalformedMessage : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedMessage, gets_one_answer_and_nothing_after_it_is_executed) {
  const Server server(loopback(std::string("server: { loops: 1 }\n") + paths +
                               "  /last: { handler: { forever: {} } }\n  /count: { handler: { visits: {} } }\n"));
  Client client(server);
  client.send(GetParam().message + simple("/count") + simple("/count"));
  const auto response = client.read();
  EXPECT_EQ(response.status, GetParam().status);
  EXPECT_EQ(response.field("Connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(get(server, "/count").body, "1") << "what stood behind the message was executed";
}

INSTANTIATE_TEST_SUITE_P(Each, MalformedMessage, ::testing::ValuesIn(malformed),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST_F(Protocol, is_not_confused_by_a_body_that_nobody_reads) {
  Client client(server_);
  client.send("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(simple("/inspect").size()) +
              "\r\n\r\n" + simple("/inspect") + simple("/folder/"));
  EXPECT_EQ(client.read().status, 404);
  EXPECT_EQ(client.read().body, "below");
}

class Limits : public ::testing::Test {
 protected:
  const Server server_{loopback(
      std::string("server: { loops: 1, limits: { header_block: 2000, header_field: 500, header_count: 10, uri: 100, "
                  "body: 1000, keep_alive_requests: 5, head_time: 300ms, body_idle: 300ms, keep_alive: 300ms } }\n") +
      paths)};

  int status(std::string_view message) {
    Client client(server_);
    client.send(message);
    const auto response = client.read();
    EXPECT_TRUE(response.status < 400 || client.closed_by_peer());
    return response.status;
  }
};

TEST_F(Limits, of_the_target_is_414) {
  EXPECT_EQ(status(simple("/inspect?" + std::string(91, 'x'))), 200) << "exactly 100 bytes";
  EXPECT_EQ(status(simple("/inspect?" + std::string(92, 'x'))), 414);
  EXPECT_EQ(status(simple("/inspect?" + std::string(20'000, 'x'))), 414);
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

TEST_F(Limits, of_the_time_for_a_head_is_408) {
  Client client(server_);
  client.send("GET /inspect HTTP/1.1\r\nHost:");
  EXPECT_EQ(client.read().status, 408);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(Limits, of_the_time_for_a_body_is_408) {
  Client client(server_);
  client.send("POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\npart");
  EXPECT_EQ(client.read().status, 408);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(Limits, of_idleness_end_a_connection_without_a_word) {
  Client silent(server_);
  Client used(server_);
  used.send(simple("/inspect"));
  EXPECT_EQ(used.read().status, 200);
  EXPECT_TRUE(used.closed_by_peer());
  EXPECT_TRUE(silent.closed_by_peer()) << "no answer to a request that was never begun";
}

TEST_F(Limits, of_requests_are_announced_by_the_last_answer) {
  Client client(server_);
  for (int turn = 1; turn <= 5; ++turn) {
    client.send(simple("/inspect"));
    EXPECT_EQ(client.read().field("Connection").value_or("keep-alive"), turn < 5 ? "keep-alive" : "close") << turn;
  }
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Hosts, choose_the_site) {
  const Server server(
      loopback("sites:\n"
               "  - hosts: [one.example]\n    paths: { /: { handler: { deliver_view: { bytes: one } } } }\n"
               "  - hosts: [\"*.two.example\"]\n    paths: { /: { handler: { deliver_view: { bytes: two } } } }\n"));
  EXPECT_EQ(get(server, "/", "Host: one.example\r\n").body, "one");
  EXPECT_EQ(get(server, "/", "Host: ONE.example:99\r\n").body, "one");
  EXPECT_EQ(get(server, "/", "Host: a.two.example\r\n").body, "two");
  for (const std::string_view host : {"two.example", "three.example", "one.example.evil"}) {
    const auto status = get(server, "/", "Host: " + std::string(host) + "\r\n").status;
    EXPECT_TRUE(status == 404 || status == 421) << host << " got " << status;
  }
}

TEST(Hosts, without_a_site_go_to_the_default_one) {
  const Server server(
      loopback("sites:\n"
               "  - hosts: [one.example]\n    paths: { /: { handler: { deliver_view: { bytes: one } } } }\n"
               "  - hosts: [default]\n    paths: { /: { handler: { deliver_view: { bytes: default } } } }\n"));
  EXPECT_EQ(get(server, "/", "Host: other.example\r\n").body, "default");
}

TEST(Listeners, have_sites_of_their_own) {
  const Server server(
      "version: 1\nlisteners: { a: { bind: \"127.0.0.1:0\" }, b: { bind: \"127.0.0.1:0\" }, c: { bind: "
      "\"unix:socket\" } }\n"
      "sites:\n"
      "  - hosts: [default]\n    listeners: [a]\n    paths: { /: { handler: { deliver_view: { bytes: only-a } } } }\n"
      "  - hosts: [default]\n    listeners: [b, c]\n    paths: { /: { handler: { deliver_view: { bytes: b-and-c } } } "
      "}\n");
  ASSERT_EQ(server.listeners(), 3u);
  Client a(server.port(0));
  Client b(server.port(1));
  Client c(server.socket_path(2));
  for (auto* client : {&a, &b, &c}) client->send(simple("/"));
  EXPECT_EQ(a.read().body, "only-a");
  EXPECT_EQ(b.read().body, "b-and-c");
  EXPECT_EQ(c.read().body, "b-and-c");
}

}  // namespace
}  // namespace kirsch::test
