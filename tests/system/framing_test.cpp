// Every case of tests/support/framing against the real server, over IPv4, IPv6 and a unix socket. A canary that counts
// its visits stands behind each; afterwards the server is as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/footprint.h"
#include "support/framing_cases.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

const std::string canary = "GET /canary HTTP/1.1\r\nHost: a\r\n\r\n";

enum Listener : std::size_t { ipv4, ipv6, unix_socket };

class FramingOver : public ::testing::TestWithParam<Listener> {
 protected:
  const Server server_{
      "version: 1\n"
      "listeners: { four: { bind: \"127.0.0.1:0\" }, six: { bind: \"[::1]:0\" }, local: { bind: \"unix:socket\" } }\n"
      "server: { loops: 1, limits: { body: 1000 } }\n"
      "paths:\n"
      "  /: { handler: { inspect: {} } }\n"
      "  /folder/: { handler: { inspect: {} } }\n"
      "  /canary: { handler: { visits: {} } }\n"};
  int visits_ = 0;

  void visit() {
    Client client(server_, GetParam());
    client.send(canary);
    EXPECT_EQ(client.read().body, std::to_string(++visits_)) << "a canary was executed, or the server is not well";
  }

  void try_out(const FramingCase& one) {
    Client client(server_, GetParam());
    client.send(one.bytes + (one.ends ? "" : canary));
    if (one.ends) client.shutdown_write();
    for (const FramingAnswer& expected : one.answers) {
      const auto response = expected.without_body ? client.read_without_body() : client.read();
      EXPECT_EQ(response.status, expected.status);
      if (response.status >= 400) {
        EXPECT_EQ(response.count("Connection"), one.open ? 0u : 1u);
      }
      if (response.status == 405) {
        EXPECT_TRUE(response.field("Allow").has_value());
      }
      if (response.status != 200 || expected.without_body) continue;
      for (const auto& line : expected.reports) EXPECT_THAT("\n" + response.body, HasSubstr("\n" + line + "\n"));
    }
    if (one.open) {
      EXPECT_EQ(client.read().body, std::to_string(++visits_));
    } else {
      EXPECT_TRUE(client.closed_by_peer());
      EXPECT_FALSE(client.reset_by_peer());
    }
  }
};

TEST_P(FramingOver, is_that_of_the_table_and_leaves_nothing_behind) {
  const Footprint before(server_, "/folder/");
  for (const FramingCase& one : framing_cases()) {
    SCOPED_TRACE(one.name);
    ASSERT_NO_THROW(try_out(one));
    visit();
    before.expect_back();
    ASSERT_FALSE(HasFailure());
  }
}

INSTANTIATE_TEST_SUITE_P(Each, FramingOver, ::testing::Values(ipv4, ipv6, unix_socket), [](const auto& parameter) {
  return std::string(parameter.param == ipv4 ? "ipv4" : parameter.param == ipv6 ? "ipv6" : "unix_socket");
});

}  // namespace
}  // namespace kirsch::test
