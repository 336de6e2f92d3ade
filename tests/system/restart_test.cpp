// New processes take over under load, and a restart that fails changes nothing.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "support/client.h"
#include "support/command.h"
#include "support/family.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto restarted_site =
    "paths: { /: { handler: { respond: { body: here } } }, /gate: { handler: { gate: {} } } }\n";

const int restarts = sanitized() ? 6 : 25;

void rewrite(const Server& server, const std::string& yaml) {
  std::ofstream(server.folder() / "kirsch.yaml") << completed(yaml);
}

// The one control socket of a server with that state: for root beside it.
std::filesystem::path control_in(const std::filesystem::path& state) {
  for (const auto& folder : {std::filesystem::path(state.string() + ".control"), state / "control"}) {
    if (!std::filesystem::exists(folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) return entry.path();
  }
  return {};
}

// Bounded load from a process of its own, until it is told to end.
class Load {
 public:
  explicit Load(const Server& server)
      : process_({"wrk", "-t1", "-c16", "-d120s", "--timeout", "60s",
                  "http://127.0.0.1:" + std::to_string(server.port()) + "/"}) {}
  std::string report() {
    process_.signal(SIGINT);
    process_.wait();
    return process_.output().out;
  }

 private:
  Process process_;
};

// The parameter: whether a keeper stands between.
class Restart : public ::testing::TestWithParam<std::string> {
 protected:
  static std::string yaml(const std::string& rest = restarted_site) {
    return loopback("server: { keeper: " + GetParam() + " }\n" + rest);
  }
};

TEST_P(Restart, LosesNoRequestUnderLoad) {
  Server server(yaml());
  Load load(server);
  for (int count = 0; count < restarts; ++count) {
    const auto restart = command(server, "restart");
    ASSERT_EQ(restart.exit_code, 0) << restart.err << server.log();
  }
  const auto report = load.report();
  EXPECT_THAT(report, AllOf(HasSubstr("requests in"), Not(HasSubstr("Socket errors")), Not(HasSubstr("Non-2xx"))));
  EXPECT_EQ(command(server, "stop").exit_code, 0);
}

TEST_P(Restart, ServesTheNewConfigurationOnTheSamePort) {
  Server server(yaml());
  const auto before = processes(server, "started");
  rewrite(server, yaml("paths: { /: { handler: { respond: { body: there } } } }\n"));
  ASSERT_EQ(command(server, "restart").exit_code, 0);
  EXPECT_EQ(get(server, "/").body, "there");
  EXPECT_THAT(processes(server, "started"), AllOf(SizeIs(1), Not(::testing::Eq(before))));
  EXPECT_EQ(command(server, "stop").exit_code, 0);
}

TEST_P(Restart, ServesWhatTheOldProcessAccepted) {
  const TemporaryFolder folder;
  Server server(yaml());
  Client idle(server), busy(server);
  ASSERT_TRUE(idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(idle.read().status, 200);
  ASSERT_TRUE(busy.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n"));
  server.wait_for_log("gate: waiting");
  ASSERT_EQ(command(server, "restart").exit_code, 0);
  // The connection that waits for a request is answered once more by the process that accepted it.
  ASSERT_TRUE(idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  const auto last = idle.read();
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.field("Connection"), "close");
  EXPECT_TRUE(idle.closed_by_peer());
  EXPECT_EQ(command(server, "stop", {"--now"}).exit_code, 0);
}

TEST_P(Restart, ThatFailsLeavesTheServerAndTellsWhy) {
  Server server(yaml());
  const auto before = processes(server);
  rewrite(server, yaml("paths: { /: { handler: { respnd: {} } } }\n"));
  const auto restart = command(server, "restart");
  EXPECT_EQ(restart.exit_code, 8);
  EXPECT_THAT(restart.err,
              AllOf(::testing::ContainsRegex("\nerror.C[0-9]+.: unknown handler 'respnd'\n  --> .*kirsch.yaml:4:26\n"),
                    HasSubstr("^^^^^^ did you mean 'respond'?\n"), Not(HasSubstr("\\n"))));
  EXPECT_THAT(server.wait_for_line(": unknown handler 'respnd'"), ::testing::EndsWith("kirsch.yaml:4:26)"));
  EXPECT_EQ(get(server, "/").body, "here");
  EXPECT_EQ(processes(server), before);
}

TEST_P(Restart, ThatFailsAfterItHasTakenTheSocketsLeavesThem) {
  Server server(yaml());
  const auto before = processes(server);
  rewrite(server, yaml("paths: { /: { handler: { static: { root: ./none } } } }\n"));
  const auto restart = command(server, "restart");
  EXPECT_EQ(restart.exit_code, 8);
  EXPECT_THAT(restart.err, HasSubstr("root"));
  EXPECT_EQ(get(server, "/").body, "here");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (processes(server) != before) ASSERT_LT(std::chrono::steady_clock::now(), end) << "the failed one does not end";
}

TEST_P(Restart, ThatIsNotReadyInTimeLeavesTheServer) {
  Server server(loopback("server: { keeper: " + GetParam() + ", start_time: 6s }\n" + restarted_site));
  const auto before = processes(server);
  rewrite(server, loopback("server: { keeper: " + GetParam() +
                           ", start_time: 6s }\nengine: { signals: {}, stalling: {} }\n" + restarted_site));
  const auto restart = command(server, "restart");
  EXPECT_EQ(restart.exit_code, 7) << restart.err;
  EXPECT_EQ(get(server, "/").body, "here");
  EXPECT_EQ(processes(server), before);
}

TEST_P(Restart, BindsWhatIsNewAndClosesWhatIsGone) {
  Server server("version: 1\nlisteners: { a: { bind: \"127.0.0.1:0\" }, b: { bind: \"127.0.0.1:0\" } }\n" +
                yaml().substr(yaml().find("server:")));
  rewrite(server, "version: 1\nlisteners: { a: { bind: \"127.0.0.1:0\" }, c: { bind: \"unix:" +
                      (server.folder() / "c.sock").string() + "\" } }\n" + yaml().substr(yaml().find("server:")));
  const auto restart = command(server, "restart");
  ASSERT_EQ(restart.exit_code, 0) << restart.err;
  EXPECT_EQ(get(server, "/").body, "here");
  Client at_socket((server.folder() / "c.sock").string());
  ASSERT_TRUE(at_socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(at_socket.read().body, "here");
  EXPECT_THROW(Client(server.port(1)), std::exception);
  EXPECT_EQ(command(server, "stop").exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(server.folder() / "c.sock"));
}

TEST_P(Restart, TakesASocketOverWithItsFile) {
  const TemporaryFolder folder;
  const auto path = (folder.path() / "http.sock").string();
  const auto text =
      "version: 1\nlisteners: { a: { bind: \"unix:" + path + "\" } }\n" + yaml().substr(yaml().find("server:"));
  Server server(text);
  ASSERT_EQ(command(server, "restart").exit_code, 0);
  Client client(path);
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(client.read().body, "here");
  EXPECT_EQ(command(server, "stop").exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RestartOfControl, MovesItWhereTheConfigurationSays) {
  const auto yaml = [](const std::string& setting) {
    return loopback("server: { keeper: off, " + setting + " }\n" + restarted_site);
  };
  Server server(yaml("control: ./a"));
  auto reached = server.folder() / "a";
  for (const std::string setting : {"control: ./b", "control: ./b", "state: ./other", "control: ./a"}) {
    rewrite(server, yaml(setting));
    const auto restart = run_kirsch({"restart", "--control", reached.string()});
    ASSERT_EQ(restart.exit_code, 0) << setting << restart.err << server.log();
    EXPECT_EQ(command(server, "status").exit_code, 0) << setting;
    const auto now =
        setting.starts_with("state") ? control_in(server.folder() / "other") : server.folder() / setting.substr(11);
    EXPECT_EQ(std::filesystem::exists(reached), now == reached) << setting;
    reached = now;
  }
  EXPECT_EQ(command(server, "stop").exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(reached));
}

TEST(RestartOfControl, LetsItGoWhereItIsSwitchedOff) {
  Server server(loopback("server: { keeper: off, control: ./a }\n" + std::string(restarted_site)));
  rewrite(server, loopback("server: { keeper: off, control: off }\n" + std::string(restarted_site)));
  const auto path = server.folder() / "a";
  ASSERT_EQ(run_kirsch({"restart", "--control", path.string()}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(path));
  const auto successor = static_cast<pid_t>(std::stoi(server.wait_for_line("bus stopping: process ")));
  server.wait();
  ::kill(successor, SIGTERM);
  EXPECT_TRUE(ends(successor));
}

TEST(RestartOfControl, OfAKeeperWaitsForAStartAndSaysSo) {
  const auto yaml = [](const std::string& setting) {
    return loopback("server: { keeper: on, " + setting + " }\n" + restarted_site);
  };
  Server server(yaml("control: ./a"));
  rewrite(server, yaml("control: ./b, workers: 3"));
  const auto path = (server.folder() / "a").string();
  const auto waiting =
      HasSubstr("  waits for kirsch stop and kirsch start: server.control (until then --control " + path + ")\n");
  const auto reload = run_kirsch({"reload", "--control", path});
  EXPECT_THAT(reload.out, AllOf(waiting, HasSubstr("waits for kirsch restart: server.workers\n")));
  EXPECT_THAT(run_kirsch({"restart", "--control", path}).out, waiting);
  EXPECT_THAT(run_kirsch({"reload", "--dry-run", "--control", path}).out,
              AllOf(waiting, Not(HasSubstr("kirsch restart"))));
  EXPECT_EQ(run_kirsch({"stop", "--control", path}).exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Keeper, Restart, ::testing::Values("off", "on"), [](const auto& each) { return each.param; });

}  // namespace
}  // namespace kirsch::test
