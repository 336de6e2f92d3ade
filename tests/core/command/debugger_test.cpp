// gdb and core dumps of a server with a module of `kirsch module dev`: its code is a copy that no author has seen, but
// names, lines and sources are his.
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "support/client.h"
#include "workshop.h"

namespace kirsch::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr const char* crashing = R"(#include <kirsch/module.h>
struct Hello {
  void handle(kirsch::Exchange& exchange) const {
    const auto name = exchange.request().query().get("name", "world");
    if (name == "crash") *static_cast<volatile int*>(nullptr) = 1;
    exchange.response().text(name);
  }
};
KIRSCH_MODULE("hello", "0.1.0", kirsch::handler<Hello>("hello"));
)";

// A server on what `kirsch module dev` has built.
class Debugger : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(workshop_.run(".", {"module", "new", "hello"}).exit_code, 0);
    std::ofstream(workshop_ / "hello/hello.cpp") << crashing;
    std::ofstream(workshop_ / "hello/module.yaml") << "version: 1\npaths: { /: { handler: { hello: {} } } }\n";
    const auto dev = workshop_.start("hello", {"module", "dev", "--port", "0"});
    ASSERT_TRUE(dev->wait_for([](const auto& output) { return output.all.find("Ctrl-C ends") != std::string::npos; },
                              std::chrono::seconds(120)))
        << dev->output().all;
    dev->signal(SIGINT);
    ASSERT_EQ(dev->wait(), 0) << dev->output().all;
  }
  std::string yaml() const {
    return loopback("plugins: { path: [\"" + (workshop_ / "hello/build/plugins").string() +
                    "\"] }\nengine: {}\npaths: { /: { handler: { hello: {} } } }\n");
  }
  // The words of gdb without a person, to its end.
  static std::vector<std::string> debugger(const std::vector<std::string>& commands,
                                           const std::vector<std::string>& more) {
    std::vector<std::string> words{"gdb", "--batch", "--nx", "-iex", "set debuginfod enabled off"};
    for (const auto& command : commands) words.insert(words.end(), {"-ex", command});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  Workshop workshop_;
};

TEST_F(Debugger, StopsAtALineOfTheModuleAndKnowsWhatItIsAt) {
  const Server server(yaml());
  Process gdb(debugger({"break hello.cpp:6", "echo waiting\\n", "continue", "backtrace 3", "print name", "detach"},
                       {"-p", std::to_string(server.pid())}));
  ASSERT_TRUE(gdb.wait_for([](const auto& output) { return output.out.find("waiting\n") != std::string::npos; },
                           std::chrono::seconds(60)))
      << gdb.output().all;
  Client client(server);
  client.send(simple_get("/?name=Ada"));
  EXPECT_EQ(gdb.wait(std::chrono::seconds(60)), 0);
  EXPECT_THAT(gdb.output().all, AllOf(ContainsRegex("#0 +Hello::handle .*hello\\.cpp:6\n"),
                                      HasSubstr("exchange.response().text(name);"), HasSubstr("\"Ada\"")));
  EXPECT_EQ(client.read().body, "Ada");
}

TEST_F(Debugger, NamesModuleAndFunctionInACoreDump) {
  const TemporaryFolder folder;
  Server server(yaml());
  const auto core = folder.path() / "core";
  // A debugger writes the dump, whatever this machine does with those of the kernel.
  Process gdb(debugger(
      {"handle SIGSEGV stop nopass", "echo waiting\\n", "continue", "generate-core-file " + core.string(), "kill"},
      {"-p", std::to_string(server.pid())}));
  ASSERT_TRUE(gdb.wait_for([](const auto& output) { return output.out.find("waiting\n") != std::string::npos; },
                           std::chrono::seconds(60)))
      << gdb.output().all;
  Client client(server);
  client.send(simple_get("/?name=crash"));
  EXPECT_EQ(gdb.wait(std::chrono::seconds(60)), 0) << gdb.output().all;
  const auto told = [&](const std::vector<std::string>& settings) {
    auto commands = settings;
    commands.insert(commands.end(), {"core-file " + core.string(), "info sharedlibrary", "backtrace 3"});
    Process look(debugger(commands, {kirsch_program().string()}));
    EXPECT_EQ(look.wait(std::chrono::seconds(60)), 0);
    return look.output().all;
  };
  const auto names = AllOf(ContainsRegex("Yes .*/hello\\.so\n"), ContainsRegex("#0 .*Hello::handle .*hello\\.cpp:5\n"));
  EXPECT_THAT(told({}), names);
  // The next server takes the copies of a dead one away; what was built is the same code.
  fs::remove_all(server.folder() / "state");
  EXPECT_THAT(told({"set solib-search-path " + (workshop_ / "hello/build/plugins").string()}), names);
}

}  // namespace
}  // namespace kirsch::test
