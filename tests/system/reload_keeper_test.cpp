// Reloads of several servers that go wrong half-way: all of them serve on as before, and hold nothing new.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fstream>
#include <future>

#include "support/build.h"
#include "support/client.h"
#include "support/editions.h"

namespace kirsch::test {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// An address of loopback that no client of another test gets for its own end.
class OwnAddress {
 public:
  OwnAddress() {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(0x7f00004d);
    const int socket = bound();
    socklen_t size = sizeof address_;
    if (socket < 0 || ::getsockname(socket, reinterpret_cast<sockaddr*>(&address_), &size) != 0)
      throw std::runtime_error("no port");
    ::close(socket);
  }
  std::string text() const { return "127.0.0.77:" + std::to_string(ntohs(address_.sin_port)); }
  bool is_free() const {
    const int socket = bound();
    if (socket >= 0) ::close(socket);
    return socket >= 0;
  }

 private:
  int bound() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0) return socket;
    ::close(socket);
    return -1;
  }

  sockaddr_in address_{};
};

std::string with_keeper(const std::string& word, const std::string& tools = {}, const std::string& listener = {}) {
  return "version: 1\nserver: { keeper: on, processes: 2, loops: 2 }\nlisteners: { main: { bind: \"127.0.0.1:0\" }" +
         listener + " }\npaths: { /: { handler: { edition: { word: " + word + " } }, tools: { " + tools + " } } }\n";
}

std::size_t descriptors_of(pid_t process) {
  const auto folder = fs::path("/proc") / std::to_string(process) / "fd";
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

void expect_all_serve(const Server& server, const std::string& text) {
  for (int count = 0; count < 16; ++count) EXPECT_EQ(get(server, "/").body, text);
}

TEST(ReloadOfAKeeper, RehearsedHoldsNoAddressOnceItIsAnswered) {
  const OwnAddress extra;
  Editions it(with_keeper("a"));
  it.write(with_keeper("b", {}, ", extra: { bind: \"" + extra.text() + "\" }"));
  for (int count = 0; count < 8; ++count) {
    const auto rehearsal = it.reload({"--dry-run"});
    EXPECT_EQ(rehearsal.exit_code, 0) << rehearsal.err;
    ASSERT_TRUE(extra.is_free());
  }
  const auto reload = it.reload();
  EXPECT_EQ(reload.exit_code, 0) << reload.err;
  EXPECT_FALSE(extra.is_free());
}

TEST(ReloadOfAKeeper, IsRefusedIfAServerDiesWhileItGetsReady) {
  const TemporaryFolder folder;
  const auto fifo = folder.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  Editions it(with_keeper("a"));
  const auto before = processes(it.server(), "started");
  ASSERT_THAT(before, SizeIs(2));
  const auto held = descriptors_of(it.server().pid());
  it.install("two");
  it.write(with_keeper("b", "threshold: { fifo: \"" + fifo.string() + "\" }"));
  auto reload = std::async(std::launch::async, [&] { return it.reload(); });
  it.server().wait_for_log("threshold: waiting", 2);
  ::kill(before[0], SIGKILL);
  // While it was there it could be the only one that hears the word.
  while (std::filesystem::exists("/proc/" + std::to_string(before[0]))) continue;
  std::ofstream(fifo) << "go";
  const auto refused = reload.get();
  EXPECT_EQ(refused.exit_code, 8);
  EXPECT_THAT(refused.err, HasSubstr("a server process ended while it got ready"));
  it.server().wait_for_log("started server process");
  while (processes(it.server(), "started").size() != 2) continue;
  EXPECT_THAT(processes(it.server()), AllOf(Contains(before[1]), Not(Contains(before[0]))));
  expect_all_serve(it.server(), "1 a");
  // Those of the commands that have asked for its state are closed behind the answers.
  const auto end = std::chrono::steady_clock::now() + patience;
  while (descriptors_of(it.server().pid()) > held) ASSERT_LT(std::chrono::steady_clock::now(), end);
  it.write(with_keeper("c"));
  EXPECT_EQ(it.reload().exit_code, 0);
  expect_all_serve(it.server(), "2 c");
}

// Between a crash and the next start nobody has to be asked.
TEST(ReloadOfAKeeper, IsTakenAtOnceIfNoServerRuns) {
  const auto alone = [](const std::string& word) {
    return loopback("server: { keeper: on }\npaths: { /: { handler: { edition: { word: " + word + " } } } }\n");
  };
  Editions it(alone("a"));
  it.write(alone("b"));
  ::kill(processes(it.server(), "started").at(0), SIGKILL);
  it.server().wait_for_log("was ended by signal 9");
  const auto reload = it.reload();
  EXPECT_EQ(reload.exit_code, 0) << reload.err;
  EXPECT_EQ(get(it.server(), "/").body, "1 b");
}

// From no room for one descriptor to room for all of them.
TEST(ReloadOfAKeeper, IsRefusedIfDescriptorsDoNotArrive) {
  const TemporaryFolder folder;
  Editions it(with_keeper("a"));
  const auto servers = processes(it.server(), "started");
  ASSERT_THAT(servers, SizeIs(2));
  const auto held = descriptors_of(servers[0]);
  it.install("two");
  it.write(with_keeper("b", {}, ", extra: { bind: \"unix:" + (folder.path() / "socket").string() + "\" }"));
  rlimit usual{};
  ASSERT_EQ(::prlimit(servers[0], RLIMIT_NOFILE, nullptr, &usual), 0);
  int refused = 0;
  for (rlim_t room = 0;; room += sanitized() ? 9 : 3) {
    rlimit narrow{held + room, usual.rlim_max};
    ASSERT_EQ(::prlimit(servers[0], RLIMIT_NOFILE, &narrow, nullptr), 0);
    const auto reload = it.reload();
    ASSERT_EQ(::prlimit(servers[0], RLIMIT_NOFILE, &usual, nullptr), 0);
    if (reload.exit_code == 0) break;
    ++refused;
    ASSERT_EQ(reload.exit_code, 8) << reload.err;
    ASSERT_EQ(descriptors_of(servers[0]), held) << room << ": " << reload.err;
    ASSERT_EQ(get(it.server(), "/").body, "1 a");
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(processes(it.server(), "started"), servers);
  expect_all_serve(it.server(), "2 b");
}

}  // namespace
}  // namespace kirsch::test
