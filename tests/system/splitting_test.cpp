// No byte that a module passes on ends a line of an answer's head: a module that tries is answered for with 500, and
// the log says which one it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Behind `/?…=WAY&what=`, as a client would escape it.
constexpr std::string_view attempts[] = {
    "a%0D%0AX-Injected:%20yes",
    "a%0D%0A%0D%0A%3Chtml%3E",
    "a%0AX-Injected:%20yes",
    "a%0DX-Injected:%20yes",
    "a%00X-Injected:%20yes",
    "%0D%0AX-Injected:%20yes",
    "a%0D%0A",
    "a%0A",
    "a%0D",
    "a%00",
    "a%1B[2J",
    "a%7F",
    "a%0B",
};
struct Way {
  std::string_view name;
  std::string_view said;  // in the log
};
constexpr Way ways[] = {
    {"set", "the response header 'X-Reflected' cannot be set to this value"},
    {"add", "the response header 'X-Reflected' cannot be set to this value"},
    {"default", "the response header 'X-Reflected' cannot be set to this value"},
    {"pieces", "the response header 'X-Reflected' cannot be set to this value"},
    {"name", "X-Injected: yes' cannot be set to this value"},
    {"added-name", "X-Injected: yes' cannot be set to this value"},
    {"default-name", "X-Injected: yes' cannot be set to this value"},
    {"cookie", "the response header 'Set-Cookie' cannot be set to this value"},
    {"type", "the response header 'Content-Type' cannot be set to this value"},
    {"location", "the response header 'Location' cannot be set to this value"},
    {"redirect", "a redirect wants a status of 300 to 399, but not 304, and a location that is a valid header value"},
    {"upgrade", "the response header 'Upgrade' cannot be set to this value"},
};

class Splitting : public ::testing::Test {
 protected:
  const Server server_{
      loopback("server: { loops: 1 }\n"
               "tools: { late_reflector: {} }\n"
               "paths: { /: { handler: { reflector: {} } } }\n")};

  void expect_500(const std::string& target, std::string_view fields = {}) {
    SCOPED_TRACE(target);
    Client client(server_);
    client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
    const auto response = client.read();  // by the letter of RFC 9112: throws at a CR, LF or NUL out of place
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.reason, "Internal Server Error");
    EXPECT_FALSE(response.field("X-Injected").has_value());
    EXPECT_FALSE(response.field("X-Reflected").has_value());
    EXPECT_FALSE(response.field("Set-Cookie").has_value());
    EXPECT_THAT(response.body, Not(HasSubstr("Injected")));
    EXPECT_TRUE(client.silent());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read().body, "reflected\n");
  }

  // In one line, whatever the bytes were.
  void expect_in_log(const std::string& text) {
    server_.wait_for_log(text);
    EXPECT_EQ(server_.log().find("\nX-Injected"), std::string::npos);
    for (const char byte : {'\r', '\0', '\x1B', '\x7F'}) EXPECT_EQ(server_.log().find(byte), std::string::npos);
  }
};

TEST_F(Splitting, by_a_handler_is_500_and_logged) {
  for (const auto& way : ways) {
    for (const auto attempt : attempts) {
      expect_500("/?way=" + std::string(way.name) + "&what=" + std::string(attempt),
                 way.name == "upgrade" ? "Connection: upgrade\r\nUpgrade: x\r\n" : "");
    }
    expect_in_log(std::string(way.said));
  }
  expect_in_log(": reflector failed in handler: ");
}

TEST_F(Splitting, by_a_tool_at_the_last_moment_is_500_and_logged) {
  for (const auto& way : ways) {
    if (way.name == "redirect" || way.name == "upgrade") continue;  // too late for them anyway
    for (const auto attempt : attempts) expect_500("/?late=" + std::string(way.name) + "&what=" + std::string(attempt));
    expect_in_log(std::string(way.said));
  }
  expect_in_log(": late_reflector failed in before_finalize: ");
}

TEST_F(Splitting, by_names_that_belong_to_the_framing_is_500_and_logged) {
  for (const auto* name : {"Content-Length", "content-length", "Transfer-Encoding", "Connection", "Keep-Alive",
                           "Trailer", "Date", "", "a%20b", "a:", "%C3%A4"}) {
    expect_500(std::string("/?way=framing&what=") + name);
  }
  expect_500("/?way=trailer&what=X-Checksum");
  expect_in_log("the response header 'Transfer-Encoding' cannot be set");
  expect_in_log("the response header 'Trailer' cannot be set");
}

TEST_F(Splitting, by_a_status_that_is_none_is_500_and_logged) {
  for (const auto* number : {"0", "99", "100", "101", "199", "600", "999", "1000", "65535"}) {
    for (const auto* way : {"status", "redirect-status", "error-status"}) {
      expect_500(std::string("/?way=") + way + "&what=" + number);
    }
  }
  for (const auto* number : {"200", "304", "404"}) expect_500(std::string("/?way=redirect-status&what=") + number);
  for (const auto* number : {"200", "302"}) expect_500(std::string("/?way=error-status&what=") + number);
  expect_in_log("the response's status cannot be set");
  expect_in_log("a redirect wants a status of 300 to 399");
  expect_in_log("302 is no status of an error: an error");
}

TEST_F(Splitting, by_the_text_of_an_error_stays_in_the_body) {
  for (const auto attempt : attempts) {
    const auto response = get(server_, "/?way=error&what=" + std::string(attempt));
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.reason, "Bad Request");
    EXPECT_FALSE(response.field("X-Injected").has_value());
  }
}

TEST_F(Splitting, is_not_what_an_honest_value_does) {
  EXPECT_EQ(get(server_, "/?way=set&what=a%09b%20%C3%A4").field("X-Reflected"), "a\tb \xC3\xA4");
  EXPECT_EQ(get(server_, "/?way=cookie&what=1").field("Set-Cookie"), "id=1; Secure");
  EXPECT_EQ(get(server_, "/?way=redirect&what=/there").field("Location"), "/there");
}

}  // namespace
}  // namespace kirsch::test
