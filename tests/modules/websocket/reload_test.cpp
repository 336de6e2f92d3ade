// WebSockets over reloads: those of paths that have not changed lose nothing, the others are told to come again.
#include <gmock/gmock.h>

#include "support/build.h"
#include "support/editions.h"
#include "support/websocket_client.h"

namespace kirsch::test {
namespace {

std::string yaml(const std::string& handler, const std::string& more = "") {
  return loopback("server: { loops: 2, drain: 20s }\npaths: { /: { handler: { websocket: { " + handler + " } } }" +
                  more + " }\n");
}

std::string word(const std::string& word) { return ", /word: { handler: { edition: { word: " + word + " } } }"; }

TEST(WebSocketReload, HundredLoseNoMessageInFiftyReloads) {
  const int members = sanitized() ? 20 : 100, reloads = sanitized() ? 10 : 50;
  Editions it(yaml("app: { crowd: {} }", word("0")));
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  for (int number = 0; number < members; ++number) {
    auto& client = *clients.emplace_back(std::make_unique<WebSocketClient>(it.server()));
    client.send("join room");
    ASSERT_EQ(client.read_text(), "joined room");
  }
  for (int count = 1; count <= reloads; ++count) {
    for (const auto& client : clients) client->send_frame(0x01, "members ");
    it.install(count % 2 == 0 ? "one" : "two");
    it.write(yaml("app: { crowd: {} }", word(std::to_string(count))));
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
  Editions it(yaml("app: { echo: {} }"));
  WebSocketClient client(it.server());
  it.write(yaml("app: { echo: {} }, max_message: 5"));
  ASSERT_EQ(it.reload().exit_code, 0);
  EXPECT_EQ(client.close(1000), 1012);
  WebSocketClient later(it.server());
  later.send("longer");
  EXPECT_EQ(later.read_to_close(), 1009);
}

}  // namespace
}  // namespace kirsch::test
