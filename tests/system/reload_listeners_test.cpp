// Listeners come and go, and change, with a reload.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "support/client.h"
#include "support/editions.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A port of loopback that somebody else listens on.
class Occupied {
 public:
  Occupied() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address_), sizeof address_) != 0 || ::listen(socket_, 1) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &size) != 0)
      throw std::runtime_error("no port");
  }
  ~Occupied() { ::close(socket_); }
  Occupied(const Occupied&) = delete;
  Occupied& operator=(const Occupied&) = delete;
  std::string bind() const { return "127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

 private:
  int socket_;
  sockaddr_in address_{};
};

class ReloadListeners : public ::testing::TestWithParam<std::string> {
 protected:
  static std::string yaml(const std::string& listeners, const std::string& word = "a") {
    return "version: 1\nserver: { keeper: " + GetParam() + ", drain: 20s }\nlisteners: { " + listeners +
           " }\npaths: { /: { handler: { edition: { word: " + word + " } } } }\n";
  }
  static constexpr auto main = "main: { bind: \"127.0.0.1:0\" }";
  static std::string at(const std::filesystem::path& socket) {
    return "extra: { bind: \"unix:" + socket.string() + "\" }";
  }
};

std::string ask(Client& client) {
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  return client.read().body;
}

TEST_P(ReloadListeners, AddsOneAndRemovesIt) {
  const TemporaryFolder folder;
  const auto socket = folder.path() / "extra.sock";
  Editions it(yaml(main));
  it.write(yaml(std::string(main) + ", " + at(socket), "b"));
  auto reload = it.reload();
  ASSERT_EQ(reload.exit_code, 0) << reload.err;
  EXPECT_THAT(reload.out, HasSubstr("listener extra (unix:" + socket.string() + "): added"));
  Client kept(socket.string());
  EXPECT_EQ(ask(kept), "1 b");
  EXPECT_EQ(get(it.server(), "/").body, "1 b");

  it.write(yaml(main, "c"));
  reload = it.reload();
  ASSERT_EQ(reload.exit_code, 0) << reload.err;
  EXPECT_THAT(reload.out, HasSubstr("listener extra (unix:" + socket.string() + "): removed"));
  EXPECT_THROW(Client(socket.string()), std::exception);
  EXPECT_FALSE(std::filesystem::exists(socket));
  // Who is connected is answered once more, by the last generation that had the listener.
  ASSERT_TRUE(kept.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  const auto last = kept.read();
  EXPECT_EQ(last.body, "1 b");
  EXPECT_EQ(last.field("Connection"), "close");
  EXPECT_TRUE(kept.closed_by_peer());
  it.wait_for_end_of(2);
  EXPECT_EQ(get(it.server(), "/").body, "1 c");
}

TEST_P(ReloadListeners, ThatCannotBeBoundRefuseTheWhole) {
  const Occupied occupied;
  Editions it(yaml(main));
  it.write(yaml(std::string(main) + ", extra: { bind: \"" + occupied.bind() + "\" }", "b"));
  const auto reload = it.reload();
  EXPECT_EQ(reload.exit_code, 8);
  EXPECT_THAT(reload.err, AllOf(HasSubstr("is in use"), HasSubstr("kirsch.yaml:")));
  EXPECT_EQ(get(it.server(), "/").body, "1 a");
}

TEST_P(ReloadListeners, SurviveARestartAfterwards) {
  const TemporaryFolder folder;
  const auto socket = folder.path() / "extra.sock";
  Editions it(yaml(main));
  it.write(yaml(std::string(main) + ", " + at(socket)));
  ASSERT_EQ(it.reload().exit_code, 0);
  ASSERT_EQ(command(it.server(), "restart").exit_code, 0);
  Client client(socket.string());
  EXPECT_EQ(ask(client), "1 a");
  EXPECT_EQ(command(it.server(), "stop").exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(socket));
}

TEST_P(ReloadListeners, HaveNewLimitsForNewConnections) {
  const auto limited = [](const std::string& uri) {
    return "main: { bind: \"127.0.0.1:0\", limits: { uri: " + uri + " } }";
  };
  Editions it(yaml(limited("64")));
  Client old(it.server());
  EXPECT_EQ(ask(old), "1 a");
  it.write(yaml(limited("1KiB")));
  const auto reload = it.reload();
  ASSERT_EQ(reload.exit_code, 0) << reload.err;
  EXPECT_THAT(reload.out, HasSubstr("listener main (127.0.0.1:0): changed"));
  const std::string target = "/" + std::string(100, 'x');
  EXPECT_EQ(get(it.server(), target).status, 200);
  ASSERT_TRUE(old.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(old.read().status, 414);
}

INSTANTIATE_TEST_SUITE_P(Keeper, ReloadListeners, ::testing::Values("off", "on"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace kirsch::test
