// What the command says about a server that runs, and does to it.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include "support/client.h"
#include "support/command.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr auto controlled_site =
    "paths: { /: { handler: { respond: { body: here } } }, /gate: { handler: { gate: {} } } }\n";

// The parameter: whether a keeper stands between.
class Control : public ::testing::TestWithParam<std::string> {
 protected:
  static std::string yaml(const std::string& more = {}) {
    return loopback("server: { keeper: " + GetParam() + more + " }\n" + controlled_site);
  }
};

TEST_P(Control, StatusNamesProcessesAddressesAndLoad) {
  const Server server(yaml());
  Client client(server);
  ASSERT_TRUE(client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n"));
  server.wait_for_log("gate: waiting");
  const auto status = command(server, "status");
  EXPECT_EQ(status.exit_code, 0);
  EXPECT_THAT(status.out, AllOf(HasSubstr("pid " + std::to_string(server.pid())), HasSubstr("kirsch.yaml\n"),
                                HasSubstr("serving http://127.0.0.1:" + std::to_string(server.port())),
                                HasSubstr(" started: 1 request, 1 connection\n")));
  EXPECT_THAT(
      command(server, "status", {"--json"}).out,
      AllOf(HasSubstr("\"requests\": 1"), HasSubstr("\"connections\": 1"), HasSubstr("\"state\": \"started\"")));
}

TEST_P(Control, StopShowsTheDrainAndReturnsWhenTheServerIsGone) {
  Server server(yaml());
  Client client(server);
  ASSERT_TRUE(client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n"));
  server.wait_for_log("gate: waiting");
  Process stop({kirsch_program().string(), "stop", "-c", (server.folder() / "kirsch.yaml").string()},
               {.folder = {}, .environment = {{"STATE_DIRECTORY", (server.folder() / "state").string()}}, .input = {}});
  ASSERT_TRUE(stop.wait_for([](const auto& output) {
    return output.errors.find("stopping: 1 request, 1 connection, ") != std::string::npos;
  }));
  EXPECT_FALSE(stop.output().ended);
  const auto now = command(server, "stop", {"--now"});
  EXPECT_EQ(now.exit_code, 0) << now.err;
  EXPECT_EQ(stop.wait(), 0);
  EXPECT_EQ(stop.output().out, "stopped\n");
  server.wait();
  const auto again = command(server, "stop");
  EXPECT_EQ(again.exit_code, 6);
  EXPECT_THAT(again.err, HasSubstr("no server runs with the configuration"));
}

TEST_P(Control, StopGivesUpAfterTheTimeThatItIsTold) {
  const Server server(yaml());
  Client client(server);
  ASSERT_TRUE(client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n"));
  server.wait_for_log("gate: waiting");
  const auto stop = command(server, "stop", {"--timeout", "1"});
  EXPECT_EQ(stop.exit_code, 7);
  EXPECT_THAT(stop.err, HasSubstr("within 1 s"));
  command(server, "stop", {"--now"});
}

TEST_P(Control, DuringAStopStatusSaysSoAndOthersAreRefused) {
  Server server(yaml());
  Client client(server);
  ASSERT_TRUE(client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n"));
  server.wait_for_log("gate: waiting");
  Process stop({kirsch_program().string(), "stop", "-c", (server.folder() / "kirsch.yaml").string()},
               {.folder = {}, .environment = {{"STATE_DIRECTORY", (server.folder() / "state").string()}}, .input = {}});
  server.wait_for_log("bus stopping");
  EXPECT_THAT(command(server, "status").out, HasSubstr(" stopping: 1 request, 1 connection\n"));
  for (const std::string verb : {"reload", "restart"}) {
    const auto refused = command(server, verb);
    EXPECT_EQ(refused.exit_code, 8) << verb;
    EXPECT_THAT(refused.err, HasSubstr("error[E002]: bus: the server is stopping")) << verb;
  }
  EXPECT_EQ(command(server, "stop", {"--now"}).exit_code, 0);
  EXPECT_EQ(stop.wait(), 0);
}

TEST_P(Control, SignalsEndACommandThatWaits) {
  Server server(yaml());
  const std::vector<std::string> file{"-c", (server.folder() / "kirsch.yaml").string()};
  const ProcessOptions options{
      .folder = {}, .environment = {{"STATE_DIRECTORY", (server.folder() / "state").string()}}, .input = {}};
  server.signal(SIGSTOP);
  for (const std::string verb : {"status", "stop", "reload", "restart"}) {
    for (const int number : {SIGINT, SIGTERM}) {
      Process waiting({kirsch_program().string(), verb, file[0], file[1]}, options);
      EXPECT_FALSE(waiting.wait_for([](const auto& output) { return output.ended; }, Milliseconds(100))) << verb;
      waiting.signal(number);
      EXPECT_EQ(waiting.wait(), 128 + number) << verb;
    }
  }
  server.signal(SIGCONT);
}

TEST_P(Control, ReloadOpensLogsAnew) {
  const Server server(yaml() + "logs: { error: { to: ./error.log } }\n");
  const auto log = server.folder() / "error.log";
  std::filesystem::rename(log, server.folder() / "error.log.1");
  EXPECT_EQ(command(server, "reload").exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(log));
}

TEST_P(Control, ReloadTellsWhatCouldNotBeDone) {
  ServerOptions options;
  options.files = {{"logs/error.log", ""}};
  const Server server(yaml() + "logs: { error: { to: ./logs/error.log } }\n", options);
  std::filesystem::rename(server.folder() / "logs", server.folder() / "moved");
  const auto reload = command(server, "reload");
  EXPECT_EQ(reload.exit_code, 5);
  EXPECT_THAT(reload.err, AllOf(HasSubstr("serves generation 2"), HasSubstr("cannot be opened anew")));
  EXPECT_EQ(get(server, "/").status, 200);
}

TEST_P(Control, ASecondServerOfTheSameFileIsRefusedByName) {
  const Server server(yaml());
  const auto second = command(server, "run");
  EXPECT_EQ(second.exit_code, 5);
  EXPECT_THAT(second.err, ContainsRegex("is that of a server that runs: pid " + std::to_string(server.pid())));
  EXPECT_EQ(get(server, "/").status, 200);
}

TEST_P(Control, TheSocketIsForItsUserAloneAndGoesWithTheServer) {
  Server server(yaml(", control: ./control"));
  const auto path = server.folder() / "control";
  struct stat status {};
  ASSERT_EQ(::lstat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_EQ(run_kirsch({"status", "--control", path.string()}).exit_code, 0);
  EXPECT_EQ(server.stop(), 0);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_P(Control, AStaleSocketIsReplaced) {
  Server server(yaml(", control: ./control"));
  server.signal(SIGKILL);
  server.wait();
  ASSERT_TRUE(std::filesystem::exists(server.folder() / "control"));
  Process again(
      {kirsch_program().string(), "run", "-c", (server.folder() / "kirsch.yaml").string()},
      {.folder = {}, .environment = {{"STATE_DIRECTORY", (server.folder() / "state").string()}}, .input = {}});
  EXPECT_TRUE(again.wait_for([](const auto& output) { return output.out.find("ready\n") != std::string::npos; }))
      << again.output().all;
  EXPECT_EQ(run_kirsch({"stop", "--control", (server.folder() / "control").string()}).exit_code, 0);
}

TEST_P(Control, CanBeSwitchedOff) {
  const Server server(yaml(", control: off"));
  const auto status = command(server, "status");
  EXPECT_EQ(status.exit_code, 3);
  EXPECT_THAT(status.err, HasSubstr("switches the control socket off"));
}

INSTANTIATE_TEST_SUITE_P(Keeper, Control, ::testing::Values("off", "on"), [](const auto& each) { return each.param; });

TEST(ControlSocket, CanBeNamedWhereTheFileDoesNotTellItsPlace) {
  Server server(loopback("server: { state: ./elsewhere }\n" + std::string(controlled_site)));
  std::ofstream(server.folder() / "kirsch.yaml") << "version: [\n";
  const auto help = HasSubstr("--control names the socket of a running server");
  for (const std::string verb : {"status", "stop"}) EXPECT_THAT(command(server, verb).err, help) << verb;
  std::filesystem::remove(server.folder() / "kirsch.yaml");
  for (const std::string verb : {"status", "stop"}) EXPECT_THAT(command(server, verb).err, help) << verb;
}

TEST(ControlSocket, IsNamedWhereNobodyAnswersAtIt) {
  const TemporaryFolder folder;
  const auto path = (folder.path() / "none").string();
  for (const std::string verb : {"status", "stop", "reload", "restart"}) {
    const auto result = run_kirsch({verb, "--control", path});
    EXPECT_EQ(result.exit_code, 6);
    EXPECT_THAT(result.err, HasSubstr("no server answers at " + path)) << verb;
  }
}

class ServerThatHangs : public ::testing::TestWithParam<const char*> {};

TEST_P(ServerThatHangs, IsNotWaitedForForEver) {
  Server server(loopback(controlled_site));
  server.signal(SIGSTOP);
  const auto result = command(server, GetParam());
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.err, HasSubstr("the server has not answered within 15 s"));
  server.signal(SIGCONT);
}

INSTANTIATE_TEST_SUITE_P(By, ServerThatHangs, ::testing::Values("stop", "status"),
                         [](const auto& each) { return std::string(each.param); });

TEST(ControlSocket, TellsWhoWaitsForAServerThatHangs) {
  Server server(loopback(controlled_site));
  server.signal(SIGSTOP);
  Process reload(
      {kirsch_program().string(), "reload", "-c", (server.folder() / "kirsch.yaml").string()},
      {.folder = {}, .environment = {{"STATE_DIRECTORY", (server.folder() / "state").string()}}, .input = {}});
  EXPECT_TRUE(reload.wait_for([](const auto& output) {
    return output.errors.find("the server has not answered for 5 s\n") != std::string::npos;
  }));
  server.signal(SIGCONT);
  EXPECT_EQ(reload.wait(), 0);
}

TEST(ControlSocket, WorksWhereTheStateHasALongPath) {
  const TemporaryFolder folder;
  const auto state = folder.path() / std::string(120, 'd');
  std::filesystem::create_directory(state);
  const Server server(loopback("server: { state: \"" + state.string() + "\" }\n" + controlled_site));
  const auto status = command(server, "status");
  EXPECT_EQ(status.exit_code, 0) << status.err;
}

}  // namespace
}  // namespace kirsch::test
