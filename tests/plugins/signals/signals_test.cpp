// signals: the real process ends, stays or hurries as the YAML says.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "support/client.h"
#include "support/family.h"
#include "support/kirsch.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string with_signals(std::string_view options) {
  return loopback("engine: { signals: " + std::string(options) +
                  " }\n"
                  "paths:\n"
                  "  /: { handler: { respond: { body: here } } }\n"
                  "  /forever: { handler: { forever: {} } }\n");
}

TEST(Signals, EndTheServerInOrder) {
  for (const int number : {SIGTERM, SIGINT, SIGQUIT}) {
    Server server(with_signals("{}"));
    EXPECT_EQ(get(server, "/").body, "here");
    server.signal(number);
    EXPECT_EQ(server.wait(), 0) << "signal " << number;
  }
}

TEST(Signals, AreNamedInTheLogWithTheirSender) {
  Server server(with_signals("{}"));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_THAT(server.log(), HasSubstr("SIGTERM from pid " + std::to_string(::getpid())));
}

TEST(Signals, ASecondOneEndsTheDrain) {
  Server server(with_signals("{}"));
  Client waiting(server);
  ASSERT_TRUE(waiting.send("GET /forever HTTP/1.1\r\nHost: a\r\n\r\n"));
  server.wait_for_log("forever: suspended");
  server.signal(SIGTERM);
  server.wait_for_log("SIGTERM from pid");
  EXPECT_TRUE(waiting.silent());
  server.signal(SIGTERM);
  // Far below server.drain, which is 30 s by default: only the second signal can have ended it.
  server.wait(Milliseconds(15000));
  EXPECT_TRUE(waiting.closed_by_peer());
}

TEST(Signals, CanBeIgnored) {
  Server server(with_signals("{ SIGHUP: ignore, SIGINT: ignore }"));
  server.signal(SIGHUP);
  server.signal(SIGINT);
  EXPECT_EQ(get(server, "/").body, "here");
  // Waiting signals are taken in the order of their numbers, so both were taken before this one.
  EXPECT_EQ(server.stop(), 0);
  EXPECT_THAT(server.log(), HasSubstr("SIGTERM from pid"));
  EXPECT_THAT(server.log(), Not(HasSubstr("SIGHUP from")));
  EXPECT_THAT(server.log(), Not(HasSubstr("SIGINT from")));
}

TEST(Signals, CanAskForAReload) {
  Server server(with_signals("{ SIGHUP: graceful }"));
  server.signal(SIGHUP);
  server.wait_for_log("SIGHUP from pid");
  server.signal(SIGUSR1);
  server.wait_for_log("SIGUSR1 from pid");
  EXPECT_EQ(get(server, "/").body, "here");
  EXPECT_EQ(server.stop(), 0);
}

TEST(Signals, KeepTheServerWhereTheyMeanNothing) {
  Server server(with_signals("{}"));
  for (const int number : {SIGUSR2, SIGPIPE, SIGALRM, SIGWINCH}) server.signal(number);
  EXPECT_EQ(get(server, "/").body, "here");
  EXPECT_EQ(server.stop(), 0);
}

TEST(Signals, HangUpEndsAServerOnATerminal) {
  TemporaryFolder folder;
  const auto pid_file = folder.path() / "kirsch.pid";
  const auto file =
      folder.write("kirsch.yaml", completed(loopback("engine: { signals: {}, pidfile: { path: \"" + pid_file.string() +
                                                     "\" } }\npaths: { /: { handler: { respond: { body: x } } } }\n")));
  // `script` gives the command a terminal, and ends with its exit code.
  Process terminal({"script", "--quiet", "--return", "--flush", "--command",
                    "exec " + kirsch_program().string() + " run -c " + file.string(), "/dev/null"},
                   {.folder = {}, .environment = {{"STATE_DIRECTORY", folder.path() / "state"}}, .input = {}});
  const auto says = [&](const std::string& text) {
    return terminal.wait_for([&](const auto& output) { return output.out.find(text) != std::string::npos; });
  };
  ASSERT_TRUE(says("ready")) << terminal.output().all;
  ::kill(std::stoi(contents_of(pid_file)), SIGHUP);
  EXPECT_TRUE(says("SIGHUP from pid " + std::to_string(::getpid()) + ": exit")) << terminal.output().all;
  EXPECT_EQ(terminal.wait(), 0) << terminal.output().all;
}

TEST(Signals, HangUpRestartsAServerThatHasNoTerminal) {
  TemporaryFolder folder;
  const auto pid_file = folder.path() / "kirsch.pid";
  const auto file =
      folder.write("kirsch.yaml", completed(loopback("engine: { signals: {}, pidfile: { path: \"" + pid_file.string() +
                                                     "\" } }\npaths: { /: { handler: { respond: { body: x } } } }\n")));
  // In a session of its own it has none, whoever runs the tests.
  Process server({"setsid", kirsch_program().string(), "run", "-c", file.string()},
                 {.folder = {}, .environment = {{"STATE_DIRECTORY", folder.path() / "state"}}, .input = {}});
  const auto serves = [](const auto& output) { return output.out.find("ready") != std::string::npos; };
  ASSERT_TRUE(server.wait_for(serves)) << server.output().all;
  server.signal(SIGHUP);
  EXPECT_EQ(server.wait(), 0) << server.output().all;
  EXPECT_THAT(server.output().errors, HasSubstr("SIGHUP from pid " + std::to_string(::getpid()) + ": restart"));
  const pid_t successor = std::stoi(contents_of(pid_file));
  EXPECT_NE(successor, server.pid());
  ::kill(successor, SIGTERM);
  EXPECT_TRUE(ends(successor));
}

TEST(Signals, AnySignalMayMeanAnything) {
  Server server(with_signals("{ SIGUSR2: reopen_logs, others: { SIGWINCH: graceful, SIGRTMIN+2: exit } }"));
  server.signal(SIGUSR2);
  server.wait_for_log("SIGUSR2 from pid " + std::to_string(::getpid()) + ": reopen_logs");
  server.wait_for_log("bus reopen_logs: SIGUSR2");
  server.signal(SIGWINCH);
  server.wait_for_log("bus graceful: SIGWINCH");
  server.signal(SIGRTMIN + 2);
  EXPECT_EQ(server.wait(), 0) << server.log();
  EXPECT_THAT(server.log(), HasSubstr("SIGRTMIN+2 from pid"));
}

TEST(Signals, ComeInStormsThatEndInOneReloadAtATime) {
  Server server(with_signals("{}"));
  constexpr int storm = 2000;
  for (int number = 0; number < storm; ++number) server.signal(SIGUSR1);
  server.wait_for_log("bus graceful: SIGUSR1");
  EXPECT_EQ(get(server, "/").body, "here");
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(Signals, BeforeTheStartIsOverAreNotLost) {
  ServerOptions options;
  options.wait_until_ready = false;
  // Sent while nobody takes signals yet, and taken when somebody does.
  Server server(
      "version: 1\nlisteners: { main: { bind: \"127.0.0.1:0\" } }\n"
      "engine: { raiser: {}, signals: {} }\npaths: { /: { handler: { respond: { body: x } } } }\n",
      options);
  EXPECT_EQ(server.wait(), 0) << server.log();
  EXPECT_THAT(server.log(), HasSubstr("SIGTERM from pid"));
}

std::string checked(std::string_view options, int exit_code) {
  TemporaryFolder folder;
  const auto file = folder.write("kirsch.yaml", completed(with_signals(options)));
  const auto result = run_kirsch({"check", "-c", file.string()});
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  return result.out + result.err;
}

TEST(Signals, AnUnknownNameOrActionIsAnError) {
  EXPECT_THAT(checked("{ SIGTREM: exit }", 3), HasSubstr("SIGTERM"));
  EXPECT_THAT(checked("{ SIGKILL: exit }", 3), HasSubstr("SIGKILL"));
  EXPECT_THAT(checked("{ SIGTERM: die }", 3), HasSubstr("exit"));
  EXPECT_THAT(checked("{ others: { SIGWINCH: die } }", 3), HasSubstr("exit"));
  checked("{ SIGTERM: ignore, SIGHUP: auto, SIGQUIT: restart }", 0);
}

std::string refused(const std::string& name) {
  TemporaryFolder folder;
  const auto file = folder.write("kirsch.yaml", completed(with_signals("{ others: { " + name + ": exit } }")));
  const auto result = run_kirsch({"run", "-c", file.string()}, {}, {{"STATE_DIRECTORY", folder.path() / "state"}});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.err, HasSubstr("kirsch.yaml:3"));
  return result.err;
}

TEST(Signals, NamesThatNoPluginCanTakeAreErrors) {
  for (const std::string name : {"SIGFOO", "TERM", "SIGRTMIN+99", "SIGRTMIN-1", "SIGRTMAX+1", "SIGRTMIN+-1", "SIG"})
    EXPECT_THAT(refused(name), HasSubstr("there is no signal '" + name + "'"));
  for (const std::string name : {"SIGKILL", "SIGSTOP"}) EXPECT_THAT(refused(name), HasSubstr("gives it to no process"));
  for (const std::string name : {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGTRAP", "SIGSYS"})
    EXPECT_THAT(refused(name), HasSubstr("a fault of the program"));
  for (const std::string name : {"SIGPIPE", "SIGXFSZ", "SIGCHLD"})
    EXPECT_THAT(refused(name), HasSubstr("cannot be taken"));
  EXPECT_THAT(refused("SIGTERM"), HasSubstr("SIGTERM has an option of its own"));
}

}  // namespace
}  // namespace kirsch::test
