// `match`: one path, several answers.
#include <gtest/gtest.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

constexpr std::string_view matching_site =
    "paths:\n"
    "  /: { handler: { deliver_view: { bytes: root } } }\n"
    "  /items/:\n"
    "    - { match: { methods: [GET] }, handler: { deliver_view: { bytes: read } } }\n"
    "    - { match: { methods: [POST], headers: { X-Token: secret } }, handler: { deliver_view: { bytes: written } } "
    "}\n"
    "  /items/{id}: { handler: { deliver_view: { bytes: one } } }\n"
    "  /local/: { match: { clients: [127.0.0.0/8] }, handler: { deliver_view: { bytes: local } } }\n"
    "  /far/: { match: { clients: [192.0.2.0/24] }, handler: { deliver_view: { bytes: far } } }\n";

std::string send(const Server& server, std::string_view method, std::string_view target, std::string_view fields = {}) {
  return request(server, method, target, fields).body;
}

TEST(Match, ChoosesByMethodHeaderAndClient) {
  const Server server(loopback(std::string(matching_site)));
  EXPECT_EQ(send(server, "GET", "/items/"), "read");
  EXPECT_EQ(send(server, "POST", "/items/", "X-Token: secret\r\n"), "written");
  EXPECT_EQ(send(server, "POST", "/items/", "X-Token: guess\r\n"), "root");
  EXPECT_EQ(send(server, "GET", "/items/7"), "one");
  EXPECT_EQ(send(server, "DELETE", "/items/7"), "root");
  EXPECT_EQ(send(server, "GET", "/local/x"), "local");
  EXPECT_EQ(send(server, "GET", "/far/x"), "root");
}

TEST(Match, SaysWhichMethodsAPathHas) {
  const Server server(
      loopback("paths: { /a: { match: { methods: [GET, PUT] }, handler: { deliver_view: { bytes: a } } } }\n"));
  const auto answer = request(server, "POST", "/a");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.field("Allow"), "GET, HEAD, PUT");
  EXPECT_EQ(request(server, "TRACE", "/a").field("Allow"), "GET, HEAD, PUT");
}

TEST(Match, LeadsNobodyOnWhoseMethodIsNotServed) {
  const Server server(loopback("paths: { /a/: { handler: { deliver_view: {} } } }\n"));
  EXPECT_EQ(request(server, "GET", "/a").status, 308);
  EXPECT_EQ(request(server, "TRACE", "/a").status, 405);
}

}  // namespace
}  // namespace kirsch::test
