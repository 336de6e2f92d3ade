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

constexpr auto channel_paths = "paths: { /heard: { handler: { heard: {} } }, /fickle: { handler: { fickle: {} } } }\n";

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

}  // namespace
}  // namespace kirsch::test
