// The process that stays: what crashes is started again, what it is told reaches all servers.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <vector>

#include "support/client.h"
#include "support/command.h"
#include "support/editions.h"
#include "support/family.h"
#include "support/occurrences.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto here = "paths: { /: { handler: { respond: { body: here } } } }\n";

std::string kept(const std::string& settings = {}, const std::string& rest = here) {
  return loopback("server: { keeper: on" + settings + " }\n" + rest);
}

TEST(Keeper, HasOneThreadAndIsTheParentOfTheServers) {
  const Server server(kept(", processes: 2"));
  EXPECT_THAT(tasks_of(server.pid()), SizeIs(1));
  const auto servers = processes(server, "started");
  EXPECT_THAT(servers, AllOf(SizeIs(2), Not(Contains(server.pid()))));
  EXPECT_EQ(get(server, "/").body, "here");
}

// Once this returns no thread of the process does anything more.
void stop_still(pid_t process) {
  ::kill(process, SIGSTOP);
  const auto runs = [](const std::filesystem::directory_entry& task) {
    const auto stat = contents_of(task.path() / "stat");
    return stat.find(") T ") == stat.npos;
  };
  const auto tasks = std::filesystem::path("/proc") / std::to_string(process) / "task";
  while (std::ranges::any_of(std::filesystem::directory_iterator(tasks), runs)) continue;
}

// Nor does one of them get all there are.
TEST(Keeper, HasNobodyWaitForAServerThatIsStuck) {
  const Server server(kept(", processes: 2, loops: 1"));
  for (const pid_t stuck : processes(server, "started")) {
    stop_still(stuck);
    std::vector<std::unique_ptr<Client>> clients;
    for (int count = 0; count < 8; ++count) {
      clients.push_back(std::make_unique<Client>(server));
      clients.back()->send(simple_get("/"));
    }
    for (const auto& client : clients) EXPECT_EQ(client->read().body, "here");
    ::kill(stuck, SIGCONT);
  }
}

TEST(Keeper, StartsAgainWhatCrashes) {
  const Server server(kept());
  const auto first = processes(server, "started").at(0);
  ::kill(first, SIGABRT);
  server.wait_for_log("was ended by signal 6 (Aborted)");
  server.wait_for_log("started server process");
  EXPECT_EQ(get(server, "/").body, "here");  // who connects meanwhile waits in the queue of the socket
  EXPECT_THAT(processes(server), Not(Contains(first)));
}

// What was edited meanwhile, or broken, waits for a reload.
TEST(Keeper, StartsAgainWithTheConfigurationThatIsServed) {
  const Server server(kept());
  std::ofstream(server.folder() / "kirsch.yaml") << "version: 1\nhalf: {";
  const auto first = processes(server, "started").at(0);
  ::kill(first, SIGKILL);
  server.wait_for_log("started server process");
  EXPECT_EQ(get(server, "/").body, "here");
  EXPECT_THAT(processes(server), Not(Contains(first)));
}

TEST(Keeper, StartsAgainWithTheModulesThatAreServed) {
  Editions it(loopback("server: { keeper: on }\npaths: { /: { handler: { edition: {} } } }\n"));
  it.install("two");
  ::kill(processes(it.server(), "started").at(0), SIGKILL);
  it.server().wait_for_log("started server process");
  EXPECT_EQ(get(it.server(), "/").body, "1 none");
  ASSERT_EQ(it.reload().exit_code, 0);
  EXPECT_EQ(get(it.server(), "/").body, "2 none");
}

TEST(Keeper, ReloadsAllServersOrNone) {
  const auto yaml = [](const std::string& word) {
    return loopback("server: { keeper: on, processes: 2 }\npaths: { /: { handler: { edition: { word: " + word +
                    " } } } }\n");
  };
  Editions it(yaml("a"));
  it.write(yaml("b"));
  it.install("two");
  ASSERT_EQ(it.reload().exit_code, 0);
  for (int count = 0; count < 32; ++count) EXPECT_EQ(get(it.server(), "/").body, "2 b");
  it.write(yaml("c").replace(yaml("c").find("word"), 4, "wrod"));
  EXPECT_EQ(it.reload().exit_code, 8);
  for (int count = 0; count < 32; ++count) EXPECT_EQ(get(it.server(), "/").body, "2 b");
}

TEST(Keeper, TriesOnceOnASignalWhatItRefusesAndNamesThePlace) {
  for (const std::string action : {"graceful", "restart"}) {
    const auto yaml = [&](const std::string& handler) {
      return kept(", processes: 2", "engine: { signals: { SIGUSR2: " + action + " } }\npaths: { /: { handler: { " +
                                        handler + ": {} } } }\n");
    };
    Server server(yaml("echo"));
    std::ofstream(server.folder() / "kirsch.yaml") << completed(yaml("respnd"));
    server.signal(SIGUSR2);
    server.wait_for_log("SIGUSR2 from pid " + std::to_string(server.pid()) + ": " + action, 2);
    const std::string refused = action == "graceful" ? "keeper: the reload was refused, the old configuration serves on"
                                                     : "keeper: the restart failed, the old servers go on";
    EXPECT_THAT(server.wait_for_line(refused),
                ::testing::MatchesRegex(": error.C[0-9]+.: unknown handler 'respnd' .*kirsch.yaml:5:26\\)"));
    // What both have asked for is known by then.
    EXPECT_EQ(command(server, "reload").exit_code, 8);
    EXPECT_EQ(command(server, "reload").exit_code, 8);
    const auto told = action == "graceful" ? 3u : 1u;
    server.wait_for_log(refused, told);
    EXPECT_EQ(occurrences(server.log(), refused), told);
  }
}

TEST(Keeper, LosesOnlyWhatIsInFlightOnAServerThatIsKilled) {
  const int kills = sanitized() ? 3 : 6;
  constexpr int connections = 16;
  Server server(kept(", processes: 2"));
  Process load({"wrk", "-t1", "-c" + std::to_string(connections), "-d120s", "--timeout", "60s",
                "http://127.0.0.1:" + std::to_string(server.port()) + "/"});
  for (int count = 1; count <= kills; ++count) {
    const auto serving = processes(server, "started");
    ASSERT_FALSE(serving.empty());
    ::kill(serving.at(static_cast<std::size_t>(count) % serving.size()), SIGKILL);
    server.wait_for_log("was ended by signal 9", static_cast<std::size_t>(count));
    while (processes(server, "started").size() != 2) continue;
  }
  load.signal(SIGINT);
  load.wait();
  const auto report = load.output().out;
  EXPECT_THAT(report, AllOf(HasSubstr("requests in"), Not(HasSubstr("Non-2xx"))));
  std::smatch errors;
  if (!std::regex_search(report, errors, std::regex("connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)")))
    return;
  RecordProperty("failed_requests", errors[0].str());
  EXPECT_EQ(errors[1], "0") << report;
  EXPECT_EQ(errors[4], "0") << report;
  EXPECT_LE(std::stoi(errors[2]) + std::stoi(errors[3]), connections * kills) << report;
}

TEST(Keeper, PassesSignalsOnAndEndsWithItsServers) {
  Server server(kept(", processes: 2"));
  const auto servers = processes(server);
  EXPECT_EQ(server.stop(), 0);
  for (const pid_t each : servers) EXPECT_NE(::kill(each, 0), 0);
}

TEST(Keeper, EndsWithServersThatLetSignalsEndThem) {
  Server server(kept(", processes: 2", std::string("engine: {}\n") + here));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0) << server.log();
}

TEST(Keeper, KillsAServerThatDoesNotEnd) {
  Server server(kept(", drain: 0s", std::string("engine: { signals: {} }\n") + here));
  ::kill(processes(server).at(0), SIGSTOP);
  const auto stop = command(server, "stop", {"--now"});
  EXPECT_EQ(stop.exit_code, 0) << stop.err;
  server.wait();
  EXPECT_THAT(server.log(), HasSubstr("it is killed"));
}

TEST(Keeper, ThatIsKilledTakesItsServersAlong) {
  Server server(kept());
  const auto child = processes(server).at(0);
  server.signal(SIGKILL);
  server.wait();
  EXPECT_TRUE(ends(child));
}

TEST(Keeper, RefusesAStartWithTheWordsOfItsServer) {
  const Server taken(loopback(here));
  const auto port = std::to_string(taken.port());
  const TemporaryFolder folder;
  const auto file = folder.write("kirsch.yaml", completed("version: 1\nlisteners: { a: { bind: \"127.0.0.1:" + port +
                                                          "\" } }\nserver: { keeper: on, state: ./state }\n" + here));
  const auto in_use = run_kirsch({"run", "-c", file.string()});
  EXPECT_EQ(in_use.exit_code, 5);
  EXPECT_THAT(in_use.err, HasSubstr("port " + port + " on 127.0.0.1 is in use"));

  const auto refused = folder.write(
      "refused.yaml", completed(kept(", state: ./state", "paths: { /: { handler: { static: { root: ./none } } } }\n")));
  const auto result = run_kirsch({"run", "-c", refused.string()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("root"), HasSubstr("refused.yaml:")));
}

TEST(Keeper, HangUpOfADaemonRestartsAllServers) {
  Server server(kept(", processes: 2", std::string("engine: { signals: { SIGHUP: restart } }\n") + here));
  const auto before = processes(server);
  server.signal(SIGHUP);
  server.wait_for_log(" serves", 4);
  EXPECT_THAT(processes(server, "started"), AllOf(SizeIs(2), Each(Not(::testing::AnyOfArray(before)))));
  EXPECT_EQ(get(server, "/").body, "here");
}

}  // namespace
}  // namespace kirsch::test
