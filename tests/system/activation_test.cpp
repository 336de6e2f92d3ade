// Sockets that a service manager has bound (sd_listen_fds(3)).
#include <gmock/gmock.h>

#include "support/client.h"
#include "support/command.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Binds as a manager does, and becomes what follows.
std::vector<std::string> activated_as(const std::string& name) {
  return {"python3", "-c",
          "import os, socket, sys\n"
          "bound = socket.create_server(('127.0.0.1', 0))\n"
          "os.dup2(bound.fileno(), 3)\n"
          "os.set_inheritable(3, True)\n"
          "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='" +
              name + "')\nos.execv(sys.argv[1], sys.argv[1:])\n"};
}

class Activation : public ::testing::TestWithParam<std::string> {};

TEST_P(Activation, ServesTheSocketOfTheListenersNameAlsoAfterARestart) {
  ServerOptions options;
  options.launcher = activated_as("web");
  // The port of the configuration is taken by nobody: it is not asked for.
  Server server("version: 1\nlisteners: { web: { bind: \"127.0.0.1:1\" } }\nserver: { keeper: " + GetParam() +
                    " }\npaths: { /: { handler: { respond: { body: here } } } }\n",
                options);
  EXPECT_NE(server.port(), 1);
  EXPECT_EQ(get(server, "/").body, "here");
  const auto restart = command(server, "restart");
  EXPECT_EQ(restart.exit_code, 0) << restart.err;
  EXPECT_EQ(get(server, "/").body, "here");
  EXPECT_EQ(command(server, "stop").exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Keeper, Activation, ::testing::Values("off", "on"),
                         [](const auto& each) { return each.param; });

TEST(Activation, RefusesASocketThatNoListenerHasTheNameOf) {
  ServerOptions options;
  options.launcher = activated_as("wbe");
  options.wait_until_ready = false;
  Server server(loopback("paths: { /: { handler: { respond: { body: here } } } }\n"), options);
  EXPECT_EQ(server.wait(), 5);
  EXPECT_THAT(server.log(), AllOf(HasSubstr("the socket 'wbe'"), HasSubstr("FileDescriptorName")));
}

}  // namespace
}  // namespace kirsch::test
