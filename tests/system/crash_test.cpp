// What a server says at last when the code of a module kills it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class Crash : public ::testing::Test {
 protected:
  void SetUp() override {
    if (sanitized()) GTEST_SKIP() << "sanitizers report faults themselves";
  }
  static std::string yaml(const std::string& more = {}) {
    return loopback(more +
                    "paths: { /: { handler: { crasher: {} } }, /blocking: { handler: { crasher_blocking: {} } }, "
                    "/tool: { handler: { respond: { body: here } }, tools: { crashing_tool: {} } }, "
                    "/among: { handler: { respond: { body: here } }, "
                    "tools: { ballast_01: {}, ballast_02: {}, crashing_tool: {}, ballast_03: {} } } }\n");
  }
  // The server dies of the request; returns what it has printed.
  static std::string die(const std::string& target, int signal, const std::string& more = {}) {
    Server server(yaml(more));
    Client client(server);
    client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(server.wait(), 128 + signal);
    return server.log();
  }
};

TEST_F(Crash, NamesTheModuleItsHandlerTheRequestAndTheStack) {
  EXPECT_THAT(die("/?how=pointer", SIGSEGV),
              AllOf(HasSubstr("kirsch: fatal signal 11 (SIGSEGV, a bad address) at 0x0 in thread kirsch-loop-"),
                    ContainsRegex("running module crasher 1.2.0, handler crasher, handle, request [0-9]+-1\n"),
                    HasSubstr("crasher.so(")));
}

TEST_F(Crash, NamesTheHookOfATool) {
  EXPECT_THAT(die("/tool", SIGSEGV), HasSubstr("running module crasher 1.2.0, tool crashing_tool, before_handler, "));
}

TEST_F(Crash, NamesTheOneOfSeveralToolsOfAHook) {
  EXPECT_THAT(die("/among", SIGSEGV), HasSubstr("running module crasher 1.2.0, tool crashing_tool, before_handler, "));
}

TEST_F(Crash, IsReportedFromAWorker) {
  EXPECT_THAT(die("/blocking?how=abort", SIGABRT),
              AllOf(HasSubstr("(SIGABRT, it gave up) in thread kirsch-work"), HasSubstr("handler crasher_blocking")));
}

TEST_F(Crash, IsReportedThoughTheStackIsFull) {
  EXPECT_THAT(die("/?how=overflow", SIGSEGV), HasSubstr("running module crasher 1.2.0, handler crasher, handle"));
  EXPECT_THAT(die("/blocking?how=overflow", SIGSEGV), HasSubstr("handler crasher_blocking"));
}

TEST_F(Crash, InATimerNamesTheModule) {
  EXPECT_THAT(die("/?how=timer", SIGSEGV), HasSubstr("running module crasher 1.2.0, a timer\n"));
}

TEST_F(Crash, IsInTheErrorLogToo) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "error.log";
  const auto told = die("/?how=pointer", SIGSEGV, "logs: { error: { to: \"" + file.string() + "\" } }\n");
  EXPECT_THAT(told, HasSubstr("kirsch: fatal signal 11"));
  EXPECT_THAT(contents_of(file), AllOf(HasSubstr("kirsch: fatal signal 11"), HasSubstr("crasher.so(")));
}

}  // namespace
}  // namespace kirsch::test
