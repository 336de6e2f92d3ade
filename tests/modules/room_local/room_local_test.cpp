// room_local: what is published arrives once at everyone who is there, on whichever loop and path.
#include <gmock/gmock.h>

#include "support/websocket_client.h"

namespace kirsch::test {
namespace {

std::string yaml(const std::string& one, const std::string& other) {
  const auto path = [](const std::string& rooms) {
    return "{ handler: { websocket: { app: { crowd: {} }" + rooms + " } } }";
  };
  return loopback("server: { loops: 3 }\npaths: { /one: " + path(one) + ", /other: " + path(other) +
                  ", /announce: { handler: { announce: {} } } }\n");
}

// A connection that is in the room; the fixture `crowd` tells it so.
std::unique_ptr<WebSocketClient> member(const Server& server, const std::string& path = "/one") {
  auto client = std::make_unique<WebSocketClient>(server, WebSocketOptions{.path = path});
  client->send("join room");
  EXPECT_EQ(client->read_text(), "joined room");
  return client;
}

TEST(RoomLocal, DeliversToAllOnAllLoopsOnce) {
  const Server server(yaml("", ""));
  std::vector<std::unique_ptr<WebSocketClient>> members;
  for (int number = 0; number < 30; ++number) members.push_back(member(server));
  for (int number = 0; number < 30; ++number)
    members[static_cast<std::size_t>(number)]->send("publish room " + std::to_string(number));
  for (const auto& one : members) {
    std::set<std::string> heard;
    for (int number = 0; number < 30; ++number) heard.insert(one->read_text());
    EXPECT_EQ(heard.size(), 30u);
  }
}

TEST(RoomLocal, KeepsTheOrderOfEachThatPublishes) {
  const Server server(yaml("", ""));
  const auto speaker = member(server);
  std::vector<std::unique_ptr<WebSocketClient>> members;
  for (int number = 0; number < 6; ++number) members.push_back(member(server));
  for (int number = 0; number < 200; ++number) speaker->send("publish room " + std::to_string(number));
  for (const auto& one : members)
    for (int number = 0; number < 200; ++number) ASSERT_EQ(one->read_text(), std::to_string(number));
}

TEST(RoomLocal, LeavesOutWhoPublishesIfHeWantsIt) {
  const Server server(yaml("", ""));
  const auto one = member(server);
  const auto other = member(server);
  one->send("others room hello");
  EXPECT_EQ(other->read_text(), "hello");
  one->send("members room");
  EXPECT_EQ(one->read_text(), "2");
}

TEST(RoomLocal, ForgetsThoseThatLeaveOrGo) {
  const Server server(yaml("", ""));
  const auto one = member(server);
  const auto other = member(server);
  member(server)->close();
  other->send("leave room");
  EXPECT_EQ(other->read_text(), "left room");
  one->send("members room");
  EXPECT_EQ(one->read_text(), "1");
  one->send("publish room alone");
  EXPECT_EQ(one->read_text(), "alone");
  other->send("members nowhere");
  EXPECT_EQ(other->read_text(), "0");
}

TEST(RoomLocal, CarriesWhatOtherModulesPublish) {
  const Server server(yaml("", ""));
  const auto one = member(server);
  const auto other = member(server, "/other");
  EXPECT_EQ(get(server, "/announce?text=hear").body, "told");
  EXPECT_EQ(one->read_text(), "hear");
  EXPECT_EQ(other->read_text(), "hear");
}

TEST(RoomLocal, JoinsPathsUnlessTheyAreNamedApart) {
  const Server joined(yaml("", ""));
  const auto one = member(joined, "/one");
  const auto other = member(joined, "/other");
  one->send("publish room across");
  EXPECT_EQ(other->read_text(), "across");
  const Server apart(yaml("", ", rooms: { local: { name: others } }"));
  const auto here = member(apart, "/one");
  const auto there = member(apart, "/other");
  here->send("members room");
  EXPECT_EQ(here->read_text(), "1");
}

}  // namespace
}  // namespace kirsch::test
