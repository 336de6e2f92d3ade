// Listeners: whom they share with, whom they refuse, and how accepting survives a lack of descriptors.
#include "net/listener.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/diagnostic.h"
#include "loopback.h"

namespace kirsch::net::test {
namespace {

using ::testing::HasSubstr;

std::string refusal_of(const Address& address, unsigned count = 1) {
  try {
    Listener::bind(address, count);
  } catch (const base::Refusal& refusal) {
    EXPECT_EQ(refusal.exit_code(), base::ExitCode::bind_or_permission);
    return refusal.what();
  }
  return "no refusal";
}

class Directory {
 public:
  Directory() : path_(::testing::TempDir() + "kirsch_net_XXXXXX") { EXPECT_NE(::mkdtemp(path_.data()), nullptr); }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

Address unix_address(const std::string& path) { return *Address::parse("unix:" + path); }

TEST(ListenerTest, GivesAllLoopsThePortThatTheKernelChose) {
  const std::vector<Listener> listeners = Listener::bind(loopback(), 3);
  ASSERT_EQ(listeners.size(), 3U);
  EXPECT_NE(listeners[0].address().port(), 0);
  for (const Listener& listener : listeners) EXPECT_EQ(listener.address(), listeners[0].address());
  EXPECT_NE(listeners[0].descriptor(), listeners[1].descriptor());
  Client client(listeners[0].address());
  EXPECT_TRUE(client.connected());
}

TEST(ListenerTest, SpreadsConnectionsOverItsLoops) {
  std::vector<Listener> listeners = Listener::bind(loopback(), 2);
  std::array<std::atomic<int>, 2> accepted{};
  std::atomic<int> all = 0;
  std::promise<void> done;
  std::vector<std::unique_ptr<ConnectionAcceptor>> acceptors;
  for (auto& count : accepted) {
    acceptors.push_back(std::make_unique<ConnectionAcceptor>([&](Connection&) {
      ++count;
      if (++all == 64) done.set_value();
    }));
  }
  RunningLoop loops[2];
  const Address address = listeners[0].address();
  for (std::size_t index = 0; index < 2; ++index) {
    loops[index].call([&] { loops[index].loop().listen(std::move(listeners[index]), *acceptors[index]); });
  }
  listeners.clear();
  std::vector<Client> clients;
  for (int count = 0; count < 64; ++count) clients.emplace_back(address);
  done.get_future().get();
  EXPECT_GT(accepted[0], 0);
  EXPECT_GT(accepted[1], 0);
}

TEST(ListenerTest, RefusesAPortThatIsInUseAndNamesIt) {
  const Listener first = Listener::bind(loopback()).front();
  EXPECT_EQ(refusal_of(first.address()), "port " + std::to_string(first.address().port()) + " on 127.0.0.1 is in use");
}

TEST(ListenerTest, RefusesAPortThatAnotherWouldShare) {
  const std::vector<Listener> sharing = Listener::bind(loopback(), 2);
  EXPECT_THAT(refusal_of(sharing[0].address(), 2), HasSubstr("is in use"));
  const Address everywhere = *Address::parse("[::]:" + std::to_string(sharing[0].address().port()));
  EXPECT_THAT(refusal_of(everywhere, 2), HasSubstr("on [::] is in use"));
}

TEST(ListenerTest, BindsAPortAgainWhoseOldConnectionsLinger) {
  ConnectionAcceptor acceptor([](Connection& connection) { connection.transport->close(); });
  Address address;
  {
    RunningLoop running;
    address = serve(running, acceptor);
    Client client(address);
    EXPECT_EQ(client.read_once(), 0);  // the server closed first: its side waits in TIME_WAIT
  }
  EXPECT_EQ(Listener::bind(address, 2).size(), 2U);
}

TEST(ListenerTest, RefusesAnAddressThatThisMachineDoesNotHave) {
  EXPECT_THAT(refusal_of(*Address::parse("192.0.2.1:8080")), HasSubstr("port 8080 on 192.0.2.1 cannot be bound"));
}

TEST(ListenerTest, TakesIPv4OnTheIPv6Wildcard) {
  std::promise<std::string> peer;
  ConnectionAcceptor acceptor(
      [&](Connection& connection) { peer.set_value(Address(connection.transport->addresses().peer).host()); });
  RunningLoop running;
  const Address bound = serve(running, acceptor, *Address::parse("[::]:0"));
  EXPECT_TRUE(bound.is_ipv6());
  Client client(loopback(bound.port()));
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(peer.get_future().get(), "127.0.0.1");
}

TEST(ListenerTest, TakesIPv6OnTheIPv6Wildcard) {
  std::promise<std::string> local;
  ConnectionAcceptor acceptor(
      [&](Connection& connection) { local.set_value(Address(connection.transport->addresses().local).text()); });
  RunningLoop running;
  const Address bound = serve(running, acceptor, *Address::parse("[::]:0"));
  const Address target = *Address::parse("[::1]:" + std::to_string(bound.port()));
  Client client(target);
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(local.get_future().get(), target.text());
}

TEST(ListenerTest, GivesAUnixSocketItsModeAndRemovesItInTheEnd) {
  const Directory directory;
  const std::string path = directory.file("socket");
  {
    const auto listeners = Listener::bind(unix_address(path), 2, {.backlog = 16, .unix_mode = 0620});
    ASSERT_EQ(listeners.size(), 2U);
    EXPECT_EQ(listeners[0].descriptor(), listeners[1].descriptor());
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0620U);
    Client client(listeners[0].address());
    EXPECT_TRUE(client.connected());
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

constexpr unsigned nobody = 65534;

TEST(ListenerTest, GivesAUnixSocketToItsOwnerAndGroup) {
  const Directory directory;
  const std::string path = directory.file("socket");
  const bool root = ::getuid() == 0;
  const unsigned user = root ? nobody : ::getuid();
  const unsigned group = root ? nobody : ::getgid();
  const auto socket = Listener::bind(unix_address(path), 1, {.unix_owner = user, .unix_group = group});
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, user);
  EXPECT_EQ(status.st_gid, group);
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
}

TEST(ListenerTest, RefusesToGiveAUnixSocketAwayWithoutTheRight) {
  const Directory directory;
  const std::string path = directory.file("socket");
  std::filesystem::permissions(directory.file(""), std::filesystem::perms::all);
  const uid_t user = ::geteuid();
  if (user == 0) {
    ASSERT_EQ(::seteuid(nobody), 0);
  }
  std::string said = "no refusal";
  try {
    Listener::bind(unix_address(path), 1, {.unix_owner = 0});
  } catch (const base::Refusal& refusal) {
    said = refusal.what();
  }
  ASSERT_EQ(::seteuid(user), 0);
  EXPECT_THAT(said, HasSubstr("cannot be given to its owner or group: Operation not permitted"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ListenerTest, LeavesTheFileOfAUnixSocketThatAnotherProcessKeeps) {
  const Directory directory;
  const std::string path = directory.file("socket");
  { Listener::bind(unix_address(path)).front().keep_file(); }
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(ListenerTest, ReplacesAUnixSocketAtWhichNobodyAnswers) {
  const Directory directory;
  const Address address = unix_address(directory.file("socket"));
  { Listener::bind(address).front().keep_file(); }
  const Listener second = Listener::bind(address).front();
  Client client(address);
  EXPECT_TRUE(client.connected());
}

TEST(ListenerTest, RefusesAUnixSocketAtWhichSomebodyAnswers) {
  const Directory directory;
  const Address address = unix_address(directory.file("socket"));
  const Listener first = Listener::bind(address).front();
  EXPECT_THAT(refusal_of(address), HasSubstr("is in use"));
  Client client(address);
  EXPECT_TRUE(client.connected());
}

TEST(ListenerTest, RefusesToReplaceAFileThatIsNoSocket) {
  const Directory directory;
  const std::string path = directory.file("precious");
  const base::UniqueFd file(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  EXPECT_THAT(refusal_of(unix_address(path)), HasSubstr("a file that is no socket"));
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST(ListenerTest, RefusesAUnixSocketInADirectoryThatDoesNotExist) {
  const Directory directory;
  EXPECT_THAT(refusal_of(unix_address(directory.file("missing/socket"))), HasSubstr("No such file or directory"));
}

TEST(ListenerTest, AdoptsAListeningSocketAndNothingElse) {
  const Listener first = Listener::bind(loopback()).front();
  const Listener second = Listener::adopt(base::UniqueFd(::dup(first.descriptor())));
  EXPECT_EQ(second.address(), first.address());
  EXPECT_THROW(Listener::adopt(base::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))), base::Refusal);
}

TEST(ListenerTest, ServesOverAUnixSocket) {
  const Directory directory;
  ConnectionAcceptor acceptor(
      [](Connection& connection) { connection.data = [&](std::span<char>) { send_text(connection, "pong"); }; });
  RunningLoop running;
  Client client(serve(running, acceptor, unix_address(directory.file("socket"))));
  ASSERT_TRUE(client.write("ping"));
  EXPECT_EQ(client.read(4), "pong");
}

TEST(ListenerTest, AcceptsWhatWaitsWhenItStopsAndRefusesWhoComesLater) {
  std::atomic<int> accepted = 0;
  ConnectionAcceptor acceptor([&](Connection&) { ++accepted; });
  RunningLoop running;
  const Address address = serve(running, acceptor);
  std::vector<Client> clients;
  running.call([&] {
    // The loop is busy here, so all of these wait in the backlog; more than one turn would accept.
    for (int count = 0; count < 100; ++count) clients.emplace_back(address);
    running.loop().stop_accepting();
  });
  EXPECT_EQ(accepted, 100);
  EXPECT_FALSE(Client(address).connected());
}

// Lowers the limit of open files to what is open plus `spare`, for its life. An accept that is under way keeps to the
// limit of its beginning.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t spare) {
    ::getrlimit(RLIMIT_NOFILE, &old_);
    const int highest = ::dup(0);
    ::close(highest);
    const rlimit limit{static_cast<rlim_t>(highest) + spare, old_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &old_); }

 private:
  rlimit old_{};
};

std::vector<base::UniqueFd> all_descriptors() {
  std::vector<base::UniqueFd> taken;
  for (base::UniqueFd next(::dup(0)); next; next.reset(::dup(0))) taken.push_back(std::move(next));
  return taken;
}

TEST(ListenerTest, RecoversFromALackOfDescriptorsWithoutSpinning) {
  ConnectionAcceptor acceptor([](Connection& connection) {
    connection.data = [&](std::span<char>) { send_text(connection, "pong"); };
    connection.end = [&] { connection.transport->close(); };
  });
  RunningLoop running;
  const FewDescriptors few(64);
  const Address address = serve(running, acceptor);
  timespec start{}, stop{};
  running.call([&] { ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start); });
  {
    std::vector<Client> clients;
    for (int count = 0; count < 4; ++count) clients.emplace_back(address);
    for (Client& client : clients) client.write("ping");
    running.call([] {});
    std::vector<base::UniqueFd> others = all_descriptors();
    others.pop_back();
    Client turned_away(address);  // takes the last number, so that the server has none
    ASSERT_TRUE(turned_away.connected());
    EXPECT_LE(turned_away.read_once(), 0);
  }
  Client later(address);
  ASSERT_TRUE(later.write("ping"));
  EXPECT_EQ(later.read(4), "pong");
  running.call([&] { ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &stop); });
  const auto used = (stop.tv_sec - start.tv_sec) * 1'000'000'000 + stop.tv_nsec - start.tv_nsec;
  EXPECT_LT(used, 200'000'000);  // of the processor, not of the wall
  const auto lines = running.log().lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("net: cannot accept on " + address.text() + ": Too many open files"));
}

}  // namespace
}  // namespace kirsch::net::test
