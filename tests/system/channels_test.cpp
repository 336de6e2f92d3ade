// Modules listen on channels of the engine, and are left in peace once they do not any more.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "support/client.h"
#include "support/kirsch.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto channel_paths =
    "paths: { /heard: { handler: { heard: {} } }, "
    "/fickle: { handler: { fickle: {} } }, "
    "/say: { handler: { speaker: {} } } }\n";

// The signal is taken by a thread of its own: asks until its listener has run.
std::string heard_with(const Server& server, std::string_view piece) {
  std::string all;
  for (int turn = 0; turn < 20'000 && all.find(piece) == std::string::npos; ++turn) all = get(server, "/heard").body;
  return all;
}

TEST(Channels, TellAModuleOfSignalsTheReadinessAndTheLog) {
  Server server(loopback("engine: { signals: {}, hearer: { channels: [SIGUSR2, SIGWINCH, ready, log, SIGTERM] } }\n" +
                         std::string(channel_paths)));
  EXPECT_THAT(heard_with(server, "log: "), HasSubstr("log: bus started\n"));
  server.signal(SIGUSR2);
  const auto all = heard_with(server, "SIGUSR2: ");
  EXPECT_THAT(all, HasSubstr("SIGUSR2: from pid " + std::to_string(::getpid()) + "\n"));
  EXPECT_THAT(all, HasSubstr("ready: serving http://127.0.0.1:" + std::to_string(server.port()) + "\n"));
  EXPECT_THAT(all, Not(HasSubstr("SIGWINCH"))) << "nobody takes that signal";
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(Channels, AreLeftByOneListenerForAnotherInTheMidstOfAPublish) {
  Server server(loopback("engine: { signals: {}, hearer: { leaves: SIGUSR2 } }\n" + std::string(channel_paths)));
  server.signal(SIGUSR2);
  EXPECT_THAT(heard_with(server, "SIGUSR2"), HasSubstr("SIGUSR2: from pid"));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_THAT(server.log(), Not(HasSubstr("was taken off")));
}

TEST(Channels, CallNobodyWhoHasLeft) {
  Server server(loopback("engine: { signals: {} }\n" + std::string(channel_paths)));
  EXPECT_EQ(get(server, "/fickle").body, "late: 0\n");
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(Channels, OfTheEndBringAnOrderlyOneHoweverAModuleSaysThem) {
  for (const auto* said : {"request=exit", "request=stop", "publish=exit", "publish=stop"}) {
    Server server(loopback(std::string(channel_paths)));
    EXPECT_EQ(get(server, "/say?" + std::string(said)).body, "said\n");
    EXPECT_EQ(server.wait(), 0) << said << '\n' << server.log();
    EXPECT_THAT(server.log(), HasSubstr("bus exiting")) << said;
  }
}

TEST(Channels, OfTheEngineArePublishedByNobodyElse) {
  Server server(loopback("engine: { signals: {}, hearer: { channels: [start, ready, failed, retire, rehearsal] } }\n" +
                         std::string(channel_paths)));
  const auto before = heard_with(server, "ready: ");
  for (const std::string channel : {"start", "ready", "failed", "retire", "rehearsal"})
    EXPECT_EQ(get(server, "/say?request=" + channel + "&publish=" + channel).body, "said\n");
  EXPECT_EQ(get(server, "/heard").body, before);
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_THAT(server.log(),
              HasSubstr("hearer: the channel 'start' belongs to the engine; a module may only listen on it"));
}

TEST(Channels, OfReloadsAreAskedForWhereALoopPublishesThem) {
  Server server(loopback("engine: { signals: {}, hearer: { channels: [graceful, reopen_logs, mine] } }\n" +
                         std::string(channel_paths)));
  EXPECT_EQ(get(server, "/say?publish=mine&publish=graceful&publish=reopen_logs").body, "said\n");
  const auto all = heard_with(server, "reopen_logs: ");
  EXPECT_THAT(all, HasSubstr("mine: a client asked\n"));
  EXPECT_THAT(all, HasSubstr("graceful: a client asked\n"));
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_THAT(server.log(), Not(HasSubstr("a loop is busy"))) << "the loop waited for itself";
}

}  // namespace
}  // namespace kirsch::test
