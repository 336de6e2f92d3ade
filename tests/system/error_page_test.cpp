// What the client learns of an error, and what only the log does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ErrorPages : public ::testing::Test {
 protected:
  const Server server_{
      loopback("paths:\n"
               "  /exception: { handler: { thrower: {} } }\n"
               "  /number: { handler: { thrower: { kind: number } } }\n"
               "  /error: { handler: { thrower: { kind: error } } }\n"
               "  /redirect: { handler: { thrower: { kind: redirect } } }\n"
               "  /late: { handler: { thrower: { kind: none } }, tools: { recorder: { fail_at: before_finalize } } }\n"
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
  EXPECT_THAT(type("text/html;q=0.1\r\nAccept: application/json;q=0.2\r\nAccept: text/plain;q=0.3"),
              StartsWith("text/plain"))
      << "RFC 9110 5.3: several lines are one list";
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

TEST_F(ErrorPages, are_not_cached_in_place_of_the_answer) {
  for (const std::string_view target : {"/exception", "/error", "/late"}) {
    const auto response = get(server_, target);
    EXPECT_EQ(response.field("Cache-Control"), "no-store") << target;
    EXPECT_EQ(response.count("Cache-Control"), 1u) << target;
    EXPECT_EQ(response.field("Expires"), std::nullopt) << target;
    EXPECT_EQ(response.field("X-Before-The-Throw"), "kept or not") << target;
  }
  EXPECT_EQ(get(server_, "/missing").field("Cache-Control"), std::nullopt) << "nobody has spoken of caching";
}

TEST_F(ErrorPages, and_redirects_say_nothing_of_the_content_that_is_not_sent) {
  for (const std::string_view target : {"/exception", "/error", "/late", "/redirect"}) {
    const auto response = get(server_, target);
    for (const auto* name : {"Content-Encoding", "Content-Disposition", "ETag"})
      EXPECT_EQ(response.field(name), std::nullopt) << target;
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
