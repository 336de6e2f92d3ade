// Sockets that a service manager has bound (sd_listen_fds(3)).
#include <gmock/gmock.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "support/client.h"
#include "support/command.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Binds as a manager does, to an address or a path each, and becomes what follows.
std::vector<std::string> activated_as(const std::string& name, const std::string& places = "('127.0.0.1', 0)") {
  return {"python3", "-c",
          "import os, socket, sys\n"
          "places = [" +
              places +
              "]\nbound = [socket.create_server(place, family=socket.AF_UNIX if isinstance(place, str) else "
              "socket.AF_INET) for place in places]\n"
              "high = [os.dup(one.fileno()) for one in bound]\n"
              "for number, one in enumerate(high): os.dup2(one, 3 + number)\n"
              "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(places)), LISTEN_FDNAMES=':'.join(['" +
              name + "'] * len(places)))\nos.execv(sys.argv[1], sys.argv[1:])\n"};
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

TEST_P(Activation, LeavesTheFileOfASocketToTheManager) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "web.sock";
  ServerOptions options;
  options.launcher = activated_as("web", "'" + path.string() + "'");
  Server server("version: 1\nlisteners: { web: { bind: \"127.0.0.1:1\" } }\nserver: { keeper: " + GetParam() +
                    " }\npaths: { /: { handler: { respond: { body: here } } } }\n",
                options);
  ASSERT_EQ(command(server, "reload").exit_code, 0);
  for (int count = 0; count < 2; ++count) ASSERT_EQ(command(server, "restart").exit_code, 0);
  Client client(path.string());
  client.send(simple_get("/"));
  EXPECT_EQ(client.read().body, "here");
  EXPECT_EQ(command(server, "stop").exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(path));
}

// More loops than sockets.
TEST(Activation, HasNobodyWaitForALoopThatIsStuck) {
  const TemporaryFolder folder;
  ServerOptions options;
  options.launcher = activated_as("main");
  const Server server(loopback("server: { loops: 2 }\npaths:\n  /: { handler: { respond: { body: here } } }\n"
                               "  /jam: { handler: { jam: { until: \"" +
                               (folder.path() / "over").string() + "\" } } }\n"),
                      options);
  Client stuck(server);
  stuck.send(simple_get("/jam"));
  server.wait_for_log("the loop is kept");
  std::vector<std::unique_ptr<Client>> clients;
  for (int count = 0; count < 8; ++count) {
    clients.push_back(std::make_unique<Client>(server));
    clients.back()->send(simple_get("/"));
  }
  for (const auto& client : clients) EXPECT_EQ(client->read(Milliseconds(10'000)).body, "here");
  folder.write("over", "");
  EXPECT_EQ(stuck.read().body, "over\n");
}

TEST(Activation, NamesEverySocketOfAName) {
  ServerOptions options;
  options.launcher = activated_as("main", "('127.0.0.1', 0), ('127.0.0.1', 0)");
  const Server server(loopback("paths: { /: { handler: { respond: { body: here } } } }\n"), options);
  EXPECT_NE(server.port(0), server.port(1));
  for (const std::size_t index : {0u, 1u}) {
    Client client(server.port(index));
    client.send(simple_get("/"));
    EXPECT_EQ(client.read().body, "here");
  }
}

TEST(Activation, IsNotAllowedToServeEverybodyAsRootByASecondSocket) {
  if (::geteuid() != 0) GTEST_SKIP() << "only for root";
  ServerOptions options;
  options.launcher = activated_as("web", "('127.0.0.1', 0), ('0.0.0.0', 0)");
  options.wait_until_ready = false;
  Server server(
      "version: 1\nlisteners: { web: { bind: \"127.0.0.1:0\" } }\nserver: { allow_root: false }\n"
      "paths: { /: { handler: { respond: { body: here } } } }\n",
      options);
  EXPECT_EQ(server.wait(), 5);
  EXPECT_THAT(server.log(), HasSubstr("C076"));
}

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
