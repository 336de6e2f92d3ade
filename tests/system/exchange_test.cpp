// What a module sees of a request and can say in its answer, and what the client learns of an error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

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
  EXPECT_THAT(body, HasSubstr("scheme: http\nversion: 1\n"));
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

TEST(Setters, refuse_what_would_break_the_message_and_take_the_rest) {
  const Server server(loopback("paths: { /: { handler: { setters: {} } } }\n"));
  const auto response = get(server, "/");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body,
            "plain value: taken\npieces: taken\ntab in value: taken\nobs-text in value: taken\n"
            "CR LF in value: refused\nLF in value: refused\nCR in value: refused\nNUL in value: refused\n"
            "DEL in value: refused\nspace in name: refused\nCR LF in name: refused\nempty name: refused\n"
            "Content-Length: refused\ntransfer-encoding: refused\nConnection: refused\nDate: refused\n"
            "status 99: refused\nstatus 101: refused\nstatus 600: refused\nstatus 201: taken\nfound: fine\n");
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

class ErrorPages : public ::testing::Test {
 protected:
  const Server server_{
      loopback("paths:\n"
               "  /exception: { handler: { thrower: {} } }\n"
               "  /number: { handler: { thrower: { kind: number } } }\n"
               "  /error: { handler: { thrower: { kind: error } } }\n"
               "  /redirect: { handler: { thrower: { kind: redirect } } }\n"
               "  /worker: { handler: { blocking_thrower: {} } }\n")};
};

TEST_F(ErrorPages, are_html_for_a_browser) {
  const auto response =
      get(server_, "/missing", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.reason, "Not Found");
  EXPECT_THAT(*response.field("Content-Type"), StartsWith("text/html"));
  EXPECT_THAT(response.body, StartsWith("<!doctype html>"));
}

TEST_F(ErrorPages, are_json_for_a_program) {
  const auto response = get(server_, "/missing", "Accept: application/json\r\n");
  EXPECT_EQ(response.field("Content-Type"), "application/json");
  EXPECT_THAT(response.body, StartsWith("{\"status\":404"));
}

TEST_F(ErrorPages, are_text_for_everybody_else) {
  for (const std::string_view accept : {"", "Accept: */*\r\n", "Accept: image/png\r\n", "Accept: text/plain\r\n"}) {
    const auto response = get(server_, "/missing", accept);
    EXPECT_THAT(*response.field("Content-Type"), StartsWith("text/plain")) << accept;
    EXPECT_THAT(response.body, StartsWith("404 Not Found")) << accept;
  }
}

TEST_F(ErrorPages, follow_the_qualities_of_accept) {
  const auto type = [&](std::string_view accept) {
    return get(server_, "/missing", "Accept: " + std::string(accept) + "\r\n").field("Content-Type").value_or("none");
  };
  EXPECT_THAT(type("text/html;q=0.5, application/json;q=0.9"), StartsWith("application/json"));
  EXPECT_THAT(type("application/json;q=0, text/html"), StartsWith("text/html"));
  EXPECT_THAT(type("text/*;q=0.1, application/json;q=0.2"), StartsWith("application/json"));
}

TEST_F(ErrorPages, say_what_an_http_error_says) {
  const auto response = get(server_, "/error");
  EXPECT_EQ(response.status, 418);
  EXPECT_THAT(response.body, HasSubstr("short and stout"));
  EXPECT_EQ(server_.log().find("short and stout"), std::string::npos) << "a meant answer is nothing for the error log";
}

TEST_F(ErrorPages, keep_the_reason_of_an_unexpected_error_for_the_log_with_the_id_that_the_client_sees) {
  for (const std::string_view target : {"/exception", "/worker"}) {
    for (const std::string_view accept : {"text/html", "application/json", "text/plain"}) {
      const auto response = get(server_, target, "Accept: " + std::string(accept) + "\r\n");
      EXPECT_EQ(response.status, 500);
      EXPECT_THAT(response.raw, Not(HasSubstr("secret")));
      EXPECT_THAT(response.body, Not(HasSubstr("never sent")));
    }
    const auto body = get(server_, target, "Accept: text/plain\r\n").body;
    const auto at = body.find("Request ");
    ASSERT_NE(at, std::string::npos) << body;
    const auto id = body.substr(at + 8, body.find('\n', at) - at - 8);
    ASSERT_FALSE(id.empty());
    EXPECT_THAT(server_.wait_for_line("request " + id), HasSubstr("the secret reason"));
  }
}

TEST_F(ErrorPages, answer_a_throw_that_is_no_exception) {
  const auto response = get(server_, "/number");
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, Not(HasSubstr("42")));
  server_.wait_for_log("an exception that is not a std::exception");
}

TEST_F(ErrorPages, are_not_needed_for_a_redirect) {
  const auto response = get(server_, "/redirect");
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(response.field("Location"), "/elsewhere");
  EXPECT_THAT(response.body, Not(HasSubstr("never sent")));
}

TEST_F(ErrorPages, leave_the_connection_usable) {
  Client client(server_);
  for (int turn = 0; turn < 3; ++turn) {
    client.send("GET /exception HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read().status, 500);
    client.send("GET /error HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read().status, 418);
  }
}

TEST_F(ErrorPages, escape_what_the_client_sent) {
  const auto response = get(server_, "/%3Cscript%3E?%3Cb%3E", "Accept: text/html\r\n");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, Not(HasSubstr("<script>")));
}

}  // namespace
}  // namespace kirsch::test
