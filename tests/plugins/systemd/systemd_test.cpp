// systemd: what a service manager hears of the server's life, on a socket as systemd has it.
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "support/client.h"
#include "support/family.h"
#include "support/kirsch.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr auto here = "paths: { /: { handler: { respond: { body: here } } } }\n";

// Listens as systemd does. `address` is a path or @name.
class Manager {
 public:
  explicit Manager(const std::string& address) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    address.copy(name.sun_path, sizeof name.sun_path);
    if (address.front() == '@') name.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&name), size) != 0) throw std::runtime_error("bind");
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager() { ::close(socket_); }

  // The next message; empty: none came in that time.
  std::string next(Milliseconds deadline = patience) const {
    pollfd waited{socket_, POLLIN, 0};
    if (::poll(&waited, 1, static_cast<int>(deadline.count())) <= 0) return {};
    std::array<char, 4096> room;
    const auto count = ::recv(socket_, room.data(), room.size(), 0);
    return std::string(room.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  // The next one that is no sign of life.
  std::string next_state() const {
    for (int turn = 0; turn < 10'000; ++turn) {
      if (auto message = next(); message != "WATCHDOG=1") return message;
    }
    return {};
  }

 private:
  int socket_;
};

std::string with_systemd(const std::string& rest = here) {
  return loopback("engine: { signals: {}, systemd: {} }\nserver: { loops: 2 }\n" + rest);
}

ServerOptions under(const std::string& address, const std::map<std::string, std::string>& more = {}) {
  ServerOptions options;
  options.environment = more;
  options.environment["NOTIFY_SOCKET"] = address;
  return options;
}

void expect_life(const std::string& address) {
  const Manager manager(address);
  Server server(with_systemd(), under(address));
  const auto ready = manager.next();
  EXPECT_THAT(ready, StartsWith("READY=1\n"));
  EXPECT_THAT(ready, HasSubstr("\nMAINPID=" + std::to_string(server.pid()) + "\n"));
  EXPECT_THAT(ready, HasSubstr("\nSTATUS=serving http://127.0.0.1:" + std::to_string(server.port())));
  server.signal(SIGUSR1);
  EXPECT_THAT(manager.next(), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+\nSTATUS=reloading"));
  EXPECT_THAT(manager.next(), StartsWith("READY=1\nSTATUS=serving http://"));
  server.signal(SIGTERM);
  EXPECT_THAT(manager.next(), StartsWith("STOPPING=1\nSTATUS="));
  EXPECT_EQ(server.wait(), 0) << server.log();
}

TEST(Systemd, HearsOfTheLifeOfTheServer) {
  const TemporaryFolder folder;
  expect_life(folder.path() / "notify");
}

TEST(Systemd, MayListenInTheAbstractNamespace) { expect_life("@kirsch-test-" + std::to_string(::getpid())); }

TEST(Systemd, IsFedWhileEveryLoopLives) {
  const TemporaryFolder folder;
  const auto address = folder.path() / "notify";
  const auto over = folder.path() / "over";
  const Manager manager(address);
  Server server(with_systemd("paths: { /: { handler: { jam: { until: \"" + over.string() + "\" } } } }\n"),
                under(address, {{"WATCHDOG_USEC", "80000"}}));
  EXPECT_THAT(manager.next(), StartsWith("READY=1"));
  for (int round = 0; round < 3; ++round) EXPECT_EQ(manager.next(), "WATCHDOG=1");
  Client client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("the loop is kept");
  while (manager.next(Milliseconds(0)) == "WATCHDOG=1") {
  }
  // The round under way may still become complete; no other does.
  int more = 0;
  while (manager.next(Milliseconds(300)) == "WATCHDOG=1") ++more;
  EXPECT_LE(more, 1);
  folder.write("over", "");
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
  server.signal(SIGTERM);
  EXPECT_THAT(manager.next_state(), StartsWith("STOPPING=1"));
  EXPECT_EQ(server.wait(), 0) << server.log();
}

TEST(Systemd, IsNotFedForAnotherProcess) {
  const TemporaryFolder folder;
  const auto address = folder.path() / "notify";
  const Manager manager(address);
  Server server(with_systemd(), under(address, {{"WATCHDOG_USEC", "40000"}, {"WATCHDOG_PID", "1"}}));
  EXPECT_THAT(manager.next(), StartsWith("READY=1"));
  EXPECT_EQ(manager.next(Milliseconds(200)), "");
  EXPECT_EQ(server.stop(), 0);
}

TEST(Systemd, IsToldOfTheNewMainProcessAndOfNoEndOnARestart) {
  const TemporaryFolder folder;
  const auto address = folder.path() / "notify";
  const Manager manager(address);
  Server server(loopback("engine: { signals: { SIGUSR2: restart }, systemd: {} }\n" + std::string(here)),
                under(address));
  EXPECT_THAT(manager.next(), StartsWith("READY=1\nMAINPID=" + std::to_string(server.pid()) + "\n"));
  server.signal(SIGUSR2);
  const auto again = manager.next();
  EXPECT_THAT(again, StartsWith("READY=1\nMAINPID="));
  const pid_t successor = std::stoi(again.substr(again.find("MAINPID=") + 8));
  EXPECT_NE(successor, server.pid());
  EXPECT_EQ(server.wait(), 0) << server.log();
  EXPECT_EQ(manager.next(Milliseconds(0)), "");
  ::kill(successor, SIGTERM);
  EXPECT_THAT(manager.next(), StartsWith("STOPPING=1"));
  EXPECT_TRUE(ends(successor));
}

TEST(Systemd, FollowsTheKeeper) {
  const TemporaryFolder folder;
  const auto address = folder.path() / "notify";
  const Manager manager(address);
  Server server(
      loopback("engine: { signals: {}, systemd: {} }\nserver: { keeper: on, loops: 2 }\n" + std::string(here)),
      under(address, {{"WATCHDOG_USEC", "80000"}}));
  EXPECT_THAT(manager.next_state(), StartsWith("READY=1\nMAINPID=" + std::to_string(server.pid()) + "\n"));
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(Systemd, HearsOfTheEndOfAKeepersServersAndOfNoneOnARestart) {
  const TemporaryFolder folder;
  const auto address = folder.path() / "notify";
  const Manager manager(address);
  Server server(loopback("engine: { signals: {}, systemd: {} }\nserver: { keeper: on, processes: 2, loops: 1 }\n" +
                         std::string(here)),
                under(address));
  const auto file = (server.folder() / "kirsch.yaml").string();
  auto before = family(server.pid());
  before.erase(before.begin());
  ASSERT_EQ(before.size(), 2u);
  const auto restart = run_kirsch({"restart", "-c", file}, {}, {{"STATE_DIRECTORY", server.folder() / "state"}});
  ASSERT_EQ(restart.exit_code, 0) << restart.err;
  for (const pid_t process : before) EXPECT_TRUE(ends(process));
  for (auto said = manager.next(Milliseconds(0)); !said.empty(); said = manager.next(Milliseconds(0)))
    EXPECT_THAT(said, StartsWith("READY=1\nMAINPID=" + std::to_string(server.pid()) + "\n"));
  EXPECT_EQ(server.stop(), 0) << server.log();
  for (int process = 0; process < 2; ++process)
    EXPECT_THAT(manager.next(Milliseconds(0)), StartsWith("STOPPING=1\nSTATUS="));
  EXPECT_EQ(manager.next(Milliseconds(0)), "");
}

std::string restarting(const std::string& plugin = {}) {
  return loopback("engine: { signals: { SIGUSR2: restart }, systemd: {}" + plugin + " }\n" + here);
}

TEST(Systemd, HearsOfNoEndOfASuccessorThatNeverServed) {
  const TemporaryFolder folder;
  const auto address = folder.path() / "notify";
  const Manager manager(address);
  Server server(restarting(), under(address));
  EXPECT_THAT(manager.next(), StartsWith("READY=1"));
  std::ofstream(server.folder() / "kirsch.yaml") << completed(restarting(", phase_last: { fail: start }"));
  server.signal(SIGUSR2);
  server.wait_for_log("this one goes on serving");
  EXPECT_EQ(manager.next(Milliseconds(0)), "");
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_THAT(manager.next(Milliseconds(0)), StartsWith("STOPPING=1"));
}

TEST(Systemd, HearsOfTheEndThatGivesUpARestart) {
  const TemporaryFolder folder;
  const auto address = folder.path() / "notify";
  const Manager manager(address);
  Server server(restarting(), under(address));
  EXPECT_THAT(manager.next(), StartsWith("READY=1"));
  std::ofstream(server.folder() / "kirsch.yaml") << completed(restarting(", stalling: {}"));
  server.signal(SIGUSR2);
  server.wait_for_log("bus restart: ");
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_THAT(manager.next(Milliseconds(0)), StartsWith("STOPPING=1"));
}

TEST(Systemd, HasNothingToHearWithoutItsSocket) {
  Server server(with_systemd());
  EXPECT_EQ(get(server, "/").body, "here");
  EXPECT_EQ(server.stop(), 0) << server.log();
}

TEST(Systemd, IsNotHeldUpByASocketThatNobodyHas) {
  const TemporaryFolder folder;
  Server server(with_systemd(), under(folder.path() / "gone"));
  EXPECT_EQ(get(server, "/").body, "here");
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_THAT(server.log(), HasSubstr("systemd does not take messages"));
}

TEST(Systemd, AnAddressThatIsNoneIsAnError) {
  auto options = under("nonsense");
  options.wait_until_ready = false;
  Server server(with_systemd(), options);
  EXPECT_NE(server.wait(), 0);
  EXPECT_THAT(server.log(), HasSubstr("NOTIFY_SOCKET is 'nonsense'"));
}

}  // namespace
}  // namespace kirsch::test
