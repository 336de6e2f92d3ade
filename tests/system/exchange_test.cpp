// What a module sees of a request and can say in its answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Facts : public ::testing::TestWithParam<std::string_view> {
 protected:
  const Server server_{loopback("paths: { \"/{first}/x/{second}\": { handler: { " + std::string(GetParam()) +
                                ": {} } }, /: { handler: { " + std::string(GetParam()) + ": {} } } }\n")};
};

TEST_P(Facts, of_a_request_line_arrive) {
  const auto body = get(server_, "/a%20b/./c//../d?x=1&y=%2F").body;
  EXPECT_THAT(body, HasSubstr("method: GET\nmethod number: 1\n"));
  EXPECT_THAT(body, HasSubstr("target: /a%20b/./c//../d?x=1&y=%2F\n"));
  EXPECT_THAT(body, HasSubstr("query string: x=1&y=%2F\n"));
  EXPECT_THAT(body, HasSubstr("query: x=1\nquery: y=/\n"));
  EXPECT_THAT(body, HasSubstr("scheme: http\nversion: 11\n"));
}

TEST_P(Facts, contain_the_path_decoded_once_and_normalised) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"/a%20b", "/a b"},     {"/a/./b", "/a/b"},   {"/a/../b", "/b"},
      {"/%2e%2e/..%2fa", ""}, {"/a%252e", "/a%2e"}, {"/caf%C3%A9", "/caf\xC3\xA9"},
  };
  for (const auto& [target, path] : cases) {
    const auto response = get(server_, target);
    if (path.empty()) {
      EXPECT_EQ(response.status, 400) << target;
    } else {
      EXPECT_THAT(response.body, HasSubstr("\npath: " + std::string(path) + "\n")) << target;
    }
  }
}

TEST_P(Facts, of_the_connection_arrive) {
  const auto body = get(server_, "/").body;
  EXPECT_THAT(body, HasSubstr("peer family: 4\npeer address: 00000000000000000000ffff7f000001\n"));
  EXPECT_THAT(body, HasSubstr("local family: 4\nlocal address: 00000000000000000000ffff7f000001\nlocal port: " +
                              std::to_string(server_.port()) + "\n"));
  EXPECT_THAT(body, HasSubstr("lane: valid\n"));
}

TEST_P(Facts, of_the_host_are_lower_case_without_the_port) {
  EXPECT_THAT(get(server_, "/", "Host: WWW.Example.ORG:8080\r\n").body, HasSubstr("\nhost: www.example.org\n"));
}

TEST_P(Facts, of_fields_keep_their_order_and_are_found_in_any_case) {
  const auto body = get(server_, "/", "User-Agent:  test  \r\nX-One: 1\r\nx-one: 2\r\n").body;
  EXPECT_THAT(body, HasSubstr("field: User-Agent=test\nfield: X-One=1\nfield: x-one=2\n"));
  EXPECT_THAT(body, HasSubstr("user agent: test\n"));
  EXPECT_THAT(get(server_, "/").body, HasSubstr("user agent: none\n"));
}

TEST_P(Facts, contain_the_named_segments_of_the_path) {
  EXPECT_THAT(get(server_, "/one/x/tw%6F").body, HasSubstr("param: first=one\nparam: second=two\n"));
}

TEST_P(Facts, contain_where_the_request_was_led) {
  EXPECT_THAT(get(server_, "/one/x/two").body,
              HasSubstr("listener: main\nroute: /{first}/x/{second}\nhandler: " + std::string(GetParam()) + "\nlane"));
  EXPECT_THAT(get(server_, "/other").body, HasSubstr("listener: main\nroute: /\n"));
}

TEST(Route, names_the_tools_that_were_called) {
  const Server server(
      loopback("tools: { recorder: {}, secureheaders: {} }\n"
               "paths: { /: { handler: { inspect: {} } } }\n"));
  EXPECT_THAT(get(server, "/").body, HasSubstr("handler: inspect\ntool: recorder\nlane"))
      << "secureheaders has its step later";
}

TEST_P(Facts, contain_query_cookies_and_form) {
  const auto body = request(server_, "POST", "/?a=1&b=&a=2&c+d=e%26f",
                            "Cookie: one=1; two=\"2\"\r\nContent-Type: application/x-www-form-urlencoded\r\n",
                            "name=J%C3%B6rg+M&empty=&x")
                        .body;
  EXPECT_THAT(body, HasSubstr("query: a=1\nquery: b=\nquery: a=2\nquery: c d=e&f\n"));
  EXPECT_THAT(body, HasSubstr("cookie: one=1\ncookie: two="));
  EXPECT_THAT(body, HasSubstr("form: name=J\xC3\xB6rg M\nform: empty=\nform: x=\n"));
  EXPECT_THAT(body, HasSubstr("body: name=J%C3%B6rg+M&empty=&x\n"));
}

TEST_P(Facts, contain_no_form_of_another_type) {
  EXPECT_THAT(request(server_, "POST", "/", "Content-Type: text/plain\r\n", "a=1").body, Not(HasSubstr("form: ")));
}

TEST_P(Facts, contain_a_large_body_and_its_fields_unmoved) {
  const std::string large(700'000, 'b');
  const auto body = request(server_, "PUT", "/large", "X-Kept: " + std::string(4000, 'k') + "\r\n", large).body;
  EXPECT_THAT(body, HasSubstr("target: /large\n"));
  EXPECT_THAT(body, HasSubstr("field: X-Kept=" + std::string(4000, 'k') + "\n"));
  EXPECT_THAT(body, HasSubstr("body: " + large + "\n"));
}

INSTANTIATE_TEST_SUITE_P(OnEachThread, Facts, ::testing::Values("inspect", "inspect_blocking"),
                         [](const auto& parameter) { return std::string(parameter.param); });

TEST(UnixSocket, peers_have_no_address) {
  const Server server(
      "version: 1\nlisteners: { main: { bind: \"unix:socket\" } }\npaths: { /: { handler: { inspect: {} } } }\n");
  Client client(server.socket_path());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read().body, HasSubstr("peer family: 1\n"));
}

class Views : public ::testing::Test {
 protected:
  const Server server_{
      loopback("server: { loops: 1 }\nlogs: { error: { level: debug } }\ntools: { witness: {} }\npaths:\n"
               "  /inline: { handler: { inspect: {} } }\n"
               "  /worker: { handler: { inspect_blocking: {} } }\n"
               "  /async: { handler: { inspect: {} }, tools: { delay: { time: 1ms } } }\n"
               "  /streamed: { handler: { sink: {} } }\n"
               "  /stream: { handler: { ticker: { size: 2MiB } } }\n")};

  static std::string message(std::string_view target, std::size_t number) {
    const auto text = std::to_string(number);
    return "POST " + std::string(target) + "?number=" + text + "%20x HTTP/1.1\r\nHost: h" + text +
           ".example\r\nCookie: a=" + text + "\r\nX-Number: " + text +
           "\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
  }
};

TEST_F(Views, of_the_request_stay_until_its_end_whatever_comes_behind_it) {
  const std::string_view targets[] = {"/inline", "/worker", "/async", "/streamed", "/stream", "/missing"};
  std::string all;
  for (std::size_t number = 0; number < 60; ++number) all += message(targets[number % 6], 1000 + number);
  Client client(server_);
  client.send(all);
  for (std::size_t number = 0; number < 60; ++number) {
    const auto response = client.read();
    EXPECT_EQ(response.status, number % 6 == 5 ? 404 : 200);
    EXPECT_EQ(response.field("X-Views"), "intact") << targets[number % 6];
  }
  server_.wait_for_log("views: ", 60);
  EXPECT_EQ(server_.log().find("views: broken"), std::string::npos);
}

TEST_F(Views, of_the_request_stay_while_its_body_comes_in_pieces) {
  for (const std::string_view target : {"/inline", "/worker", "/async", "/streamed"}) {
    Client client(server_);
    client.send("POST " + std::string(target) +
                "?a=b HTTP/1.1\r\nHost: a\r\nX-Kept: value\r\nContent-Length: 300000\r\n\r\n");
    const std::string piece(1000, 'p');
    for (int count = 0; count < 300; ++count) client.send(piece);
    EXPECT_EQ(client.read().field("X-Views"), "intact") << target;
  }
}

TEST_F(Views, of_the_answer_tell_its_status_and_size) {
  EXPECT_EQ(request(server_, "POST", "/streamed", {}, "x").field("X-Answer"),
            "200, " + std::to_string(request(server_, "POST", "/streamed", {}, "x").body.size()) + " bytes");
  EXPECT_EQ(get(server_, "/stream").field("X-Answer"), "200, unknown bytes");
  EXPECT_THAT(*get(server_, "/missing").field("X-Answer"), StartsWith("404, "));
  EXPECT_EQ(get(server_, "/missing").field("X-Page"), "Not Found");
  EXPECT_EQ(get(server_, "/stream").field("X-Page"), "given");
}

TEST(Setters, refuse_what_would_break_the_message_and_take_the_rest) {
  const Server server(loopback("paths: { /: { handler: { setters: {} } } }\n"));
  const auto response = get(server, "/");
  EXPECT_EQ(response.status, 201);
  EXPECT_THAT(
      response.body,
      StartsWith("plain value: taken\npieces: taken\ntab in value: taken\nobs-text in value: taken\n"
                 "CR LF in value: refused\nLF in value: refused\nCR in value: refused\nNUL in value: refused\n"
                 "DEL in value: refused\nspace in name: refused\nCR LF in name: refused\nempty name: refused\n"
                 "Content-Length: refused\ntransfer-encoding: refused\nConnection: refused\nDate: refused\n"
                 "status 99: refused\nstatus 101: refused\nstatus 600: refused\nstatus 201: taken\nfound: fine\n"));
  EXPECT_FALSE(response.field("X-Injected").has_value());
  EXPECT_FALSE(response.field("X-Split").has_value());
  EXPECT_EQ(response.field("X-Pieces"), "a=1, b=120");
  EXPECT_EQ(response.count("X-Twice"), 2u);
  EXPECT_EQ(response.count("X-Replaced"), 1u);
  EXPECT_EQ(response.field("X-Replaced"), "new");
  EXPECT_EQ(response.field("X-Default"), "used");
  EXPECT_FALSE(response.field("X-Removed").has_value());
  EXPECT_EQ(response.count("Date"), 1u);
}

TEST(Names, of_a_request_are_given_once_and_of_safe_characters) {
  const Server server(loopback("server: { loops: 1 }\npaths: { /: { handler: { setters: {} } } }\n"));
  Client client(server);
  for (const std::string own : {"0-1", "0-2"}) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    std::string expected;
    for (int refused = 0; refused < 6; ++refused) expected += "id refused: " + own + "\n";
    EXPECT_THAT(client.read().body,
                EndsWith("found: fine\n" + expected + "id taken: AZaz09-._~:@+/=\nid refused: AZaz09-._~:@+/=\n"));
  }
}

TEST(Attachments, are_seen_by_later_steps_and_freed_at_the_end) {
  const Server server(loopback("paths: { /: { handler: { unpacker: {} }, tools: { packer: {} } } }\n"));
  EXPECT_EQ(get(server, "/?owner=ada").body, "ada\n");
  server.wait_for_log("luggage of ada freed");
  EXPECT_EQ(get(server, "/?owner=bob").body, "bob\n");
  server.wait_for_log("luggage of bob freed");
}

TEST(Attachments, belong_to_one_exchange_only) {
  const Server server(
      loopback("server: { loops: 1 }\npaths: { /with: { handler: { unpacker: {} }, tools: { packer: {} } }, /without: "
               "{ handler: "
               "{ unpacker: {} } } }\n"));
  Client client(server);
  client.send("GET /with?owner=ada HTTP/1.1\r\nHost: a\r\n\r\nGET /without HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read().body, "ada\n");
  EXPECT_EQ(client.read().body, "lost\n");
}

}  // namespace
}  // namespace kirsch::test
