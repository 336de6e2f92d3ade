// Every answer carries the headers of top-level tools: normal, unknown path, a handler that throws, and what is not
// even HTTP.
#include <gtest/gtest.h>

#include "support/client.h"
#include "support/server.h"

namespace kirsch::test {
namespace {

void expect_secured(const Response& response, int status) {
  EXPECT_EQ(response.status, status);
  EXPECT_EQ(response.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response.field("X-Frame-Options"), "DENY");
  EXPECT_TRUE(response.field("Content-Security-Policy"));
  EXPECT_FALSE(response.field("Strict-Transport-Security")) << "never over plain HTTP (RFC 6797 7.2)";
}

TEST(SecureAnswers, are_all_of_them) {
  const Server server(
      loopback("tools: { secureheaders: {} }\npaths:\n"
               "  /: { handler: { respond: { body: hello } } }\n"
               "  /folder/: { handler: { respond: { body: hello } } }\n"
               "  /throw: { handler: { thrower: {} } }\n"));
  expect_secured(get(server, "/"), 200);
  expect_secured(get(server, "/folder"), 308);
  expect_secured(get(server, "/throw"), 500);
  Client client(server);
  client.send("this is not HTTP\r\n\r\n");
  expect_secured(client.read(), 400);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(SecureAnswers, are_those_to_unknown_paths_too) {
  const Server server(
      loopback("tools: { secureheaders: {} }\npaths: { /known: { handler: { respond: { body: hello } } } }\n"));
  expect_secured(get(server, "/unknown"), 404);
}

}  // namespace
}  // namespace kirsch::test
