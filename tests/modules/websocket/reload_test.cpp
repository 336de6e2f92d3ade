// WebSockets over reloads: those of paths that have not changed lose nothing, the others are told to come again.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "support/build.h"
#include "support/editions.h"
#include "support/websocket_client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string reload_yaml(const std::string& handler, const std::string& more = "", const std::string& server = "") {
  return loopback("server: { loops: 2, drain: 20s" + server + " }\npaths: { /: { handler: { websocket: { " + handler +
                  " } } }" + more + " }\n");
}

std::string word(const std::string& word) { return ", /word: { handler: { edition: { word: " + word + " } } }"; }

TEST(WebSocketReload, HundredLoseNoMessageInFiftyReloads) {
  const int members = sanitized() ? 20 : 100, reloads = sanitized() ? 10 : 50;
  Editions it(reload_yaml("app: { crowd: {} }", word("0")));
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int number = 0; number < members; ++number) {
    auto& client = *clients.emplace_back(std::make_unique<WebSocketClient>(it.server()));
    client.send("join room");
    ASSERT_EQ(client.read_text(), "joined room");
  }
  for (int count = 1; count <= reloads; ++count) {
    for (const auto& client : clients) client->send_frame(0x01, "members ");
    it.install(count % 2 == 0 ? "one" : "two");
    it.write(reload_yaml("app: { crowd: {} }", word(std::to_string(count))));
    ASSERT_EQ(it.reload().exit_code, 0);
    EXPECT_EQ(get(it.server(), "/word").body, (count % 2 == 0 ? "1 " : "2 ") + std::to_string(count));
    for (const auto& client : clients) {
      client->send_frame(0x80, "room");
      ASSERT_EQ(client->read_text(), std::to_string(members));
    }
    const auto said = std::to_string(count) + std::string(16 * 1024, 'x');
    clients.front()->send("publish room " + said);
    for (const auto& client : clients) ASSERT_TRUE(client->read_text() == said);
  }
  for (const auto& client : clients) EXPECT_EQ(client->close(), 1000);
  it.wait_for_end_of(1);
}

TEST(WebSocketReload, TellsThoseOfAChangedPathToComeAgain) {
  Editions it(reload_yaml("app: { echo: {} }"));
  WebSocketClient client(it.server());
  it.write(reload_yaml("app: { echo: {} }, max_message: 5"));
  ASSERT_EQ(it.reload().exit_code, 0);
  EXPECT_EQ(client.close(1000), 1012);
  WebSocketClient later(it.server());
  later.send("longer");
  EXPECT_EQ(later.read_to_close(), 1009);
}

// Applications whose callback waits for a FIFO, on a server that has reloaded without them; their clients have gone.
class WebSocketCallback : public ::testing::Test {
 protected:
  WebSocketCallback() {
    if (::mkfifo(fifo_.c_str(), 0600) != 0) throw std::runtime_error("no FIFO");
  }

  std::string app() const {
    return "app: { edition_socket: { fifo: \"" + fifo_.string() + "\" } }, close_timeout: 100ms";
  }
  static void expect_reload(Editions& it, const std::string& yaml) {
    it.write(yaml);
    const auto reload = it.reload();
    EXPECT_EQ(reload.exit_code, 0) << reload.err;
  }
  static void expect_end_of_client(WebSocketClient& client) {
    EXPECT_EQ(client.read_to_close(), 1012);
    EXPECT_TRUE(client.connection().closed_by_peer());
  }
  void let_one_go() const { std::ofstream(fifo_) << "go"; }
  static void expect_end_of_first(Editions& it, std::size_t callbacks) {
    it.server().wait_for_log("edition 1: closed", callbacks);
    it.wait_for_end_of(1);
  }

 private:
  TemporaryFolder folder_;
  const std::filesystem::path fifo_ = folder_.path() / "fifo";
};

TEST_F(WebSocketCallback, EndsInOldCodeAndHoldsUpNoReload) {
  Editions it(reload_yaml(app(), word("0")));
  WebSocketClient client(it.server());
  it.server().wait_for_log("edition 1: waiting");
  it.install("two");
  for (const auto* number : {"1", "2", "3"}) {
    expect_reload(it, reload_yaml(app(), word(number)));
    if (number == std::string("1")) expect_end_of_client(client);
    EXPECT_EQ(get(it.server(), "/word").body, "2 " + std::string(number));
    EXPECT_THAT(command(it.server(), "status").out, HasSubstr("generation 1, "));
  }
  let_one_go();
  expect_end_of_first(it, 1);
  EXPECT_THAT(command(it.server(), "status").out, Not(HasSubstr("pinned")));
}

// Code stays: other paths use it.
TEST_F(WebSocketCallback, OfAnInstanceThatGoesHoldsUpNoReload) {
  const auto others = ", /echo: { handler: { websocket: { app: { echo: {} } } } }" + word("0");
  Editions it(reload_yaml(app(), others));
  WebSocketClient client(it.server());
  it.server().wait_for_log("edition 1: waiting");
  expect_reload(it, reload_yaml("app: { echo: {} }", others));
  expect_end_of_client(client);
  expect_reload(it, reload_yaml("app: { echo: {} }, max_message: 5", others));
  EXPECT_THAT(command(it.server(), "status").out, HasSubstr("generation 1, "));
  let_one_go();
  expect_end_of_first(it, 1);
}

// One waits in the queue, the others ask again and again.
TEST_F(WebSocketCallback, ThatFindsNoWorkerHoldsUpNoReload) {
  constexpr std::size_t clients = 4;
  const std::string server = ", workers: 1, limits: { worker_queue: 1 }";
  Editions it(reload_yaml(app(), word("0"), server));
  std::vector<std::unique_ptr<WebSocketClient>> crowd;
  for (std::size_t number = 0; number < clients; ++number)
    crowd.push_back(std::make_unique<WebSocketClient>(it.server()));
  it.install("two");
  expect_reload(it, reload_yaml(app(), word("new"), server));
  for (const auto& client : crowd) expect_end_of_client(*client);
  for (std::size_t number = 1; number <= clients; ++number) {
    it.server().wait_for_log("edition 1: waiting", number);
    expect_reload(it, reload_yaml(app(), word(std::to_string(number)), server));
    EXPECT_THAT(command(it.server(), "status").out, HasSubstr("generation 1, "));
    let_one_go();
  }
  expect_end_of_first(it, clients);
}

}  // namespace
}  // namespace kirsch::test
