// signals: the real process ends, stays or hurries as the YAML says.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "support/client.h"
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
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
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
  checked("{ SIGTERM: ignore }", 0);
}

}  // namespace
}  // namespace kirsch::test
