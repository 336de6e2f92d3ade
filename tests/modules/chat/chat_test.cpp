// chat: rooms, names, who is there, what was said before.
#include <gmock/gmock.h>

#include "support/websocket_client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

std::string yaml(const std::string& options = "") {
  return loopback("server: { loops: 2 }\npaths: { /chat: { handler: { websocket: { app: { chat: { " + options +
                  " } } } } } }\n");
}

// A guest that has heard who he is and who else is there.
class Guest {
 public:
  Guest(const Server& server, const std::string& query) : client_(server, {.path = "/chat?" + query}) {}
  std::string hear() { return client_.read_text(); }
  // The next message of that type; others are passed over.
  std::string hear(const std::string& type) {
    for (;;) {
      auto text = client_.read_text();
      if (text.find("\"type\":\"" + type + "\"") != text.npos) return text;
    }
  }
  WebSocketClient& client() { return client_; }

 private:
  WebSocketClient client_;
};

TEST(Chat, WelcomesTellsWhatWasSaidAndWhoIsThere) {
  const Server server(yaml());
  Guest ann(server, "name=Ann");
  EXPECT_EQ(ann.hear(), R"({"type":"welcome","name":"Ann"})");
  EXPECT_EQ(ann.hear(), R"({"type":"history","said":[]})");
  EXPECT_EQ(ann.hear(), R"({"type":"present","names":["Ann"]})");
  ann.client().send("hello \"all\"\n");
  EXPECT_EQ(ann.hear(), R"({"type":"said","number":1,"name":"Ann","text":"hello \"all\"\u000a"})");
  Guest bob(server, "name=Bob");
  EXPECT_THAT(bob.hear("history"), HasSubstr("hello"));
  EXPECT_EQ(bob.hear("present"), R"({"type":"present","names":["Ann","Bob"]})");
  EXPECT_EQ(ann.hear("present"), R"({"type":"present","names":["Ann","Bob"]})");
}

TEST(Chat, CarriesWordsBetweenLoops) {
  const Server server(yaml());
  std::vector<std::unique_ptr<Guest>> guests;
  for (int number = 0; number < 8; ++number) {
    guests.push_back(std::make_unique<Guest>(server, "name=g" + std::to_string(number)));
    guests.back()->hear("present");  // is there
  }
  for (auto& speaker : guests) {
    speaker->client().send("to all");
    const auto first = guests.front()->hear("said");
    for (std::size_t other = 1; other < guests.size(); ++other) EXPECT_EQ(guests[other]->hear("said"), first);
  }
}

TEST(Chat, IsHeardByAllInOneOrder) {
  const Server server(yaml());
  std::vector<std::unique_ptr<Guest>> guests;
  for (int number = 0; number < 4; ++number) {
    guests.push_back(std::make_unique<Guest>(server, "name=g" + std::to_string(number)));
    guests.back()->hear("present");  // is there
  }
  for (int word = 0; word < 100; ++word)
    for (auto& guest : guests) guest->client().send("word");
  for (auto& guest : guests) {
    for (int number = 1; number <= 400; ++number)
      ASSERT_THAT(guest->hear("said"), HasSubstr("\"number\":" + std::to_string(number) + ","));
  }
}

TEST(Chat, TellsWhenSomebodyLeaves) {
  const Server server(yaml());
  Guest ann(server, "name=Ann");
  EXPECT_EQ(ann.hear("present"), R"({"type":"present","names":["Ann"]})");
  {
    Guest bob(server, "name=Bob");
    EXPECT_EQ(ann.hear("present"), R"({"type":"present","names":["Ann","Bob"]})");
  }
  EXPECT_EQ(ann.hear("present"), R"({"type":"present","names":["Ann"]})");
}

TEST(Chat, GivesEachNameOnceInARoom) {
  const Server server(yaml());
  Guest one(server, "name=Ann");
  EXPECT_THAT(one.hear("welcome"), HasSubstr("\"Ann\""));
  Guest two(server, "name=Ann");
  EXPECT_THAT(two.hear("welcome"), HasSubstr("\"Ann 2\""));
  Guest elsewhere(server, "name=Ann&room=garden");
  EXPECT_THAT(elsewhere.hear("welcome"), HasSubstr("\"Ann\""));
}

TEST(Chat, KeepsRoomsApart) {
  const Server server(yaml());
  Guest ann(server, "name=Ann&room=a");
  Guest bob(server, "name=Bob&room=b");
  EXPECT_EQ(bob.hear("present"), R"({"type":"present","names":["Bob"]})");
  ann.client().send("in a");
  EXPECT_THAT(ann.hear("said"), HasSubstr("in a"));
  bob.client().send("in b");
  EXPECT_THAT(bob.hear(), HasSubstr("in b"));
}

TEST(Chat, RemembersAsMuchAsItIsTold) {
  const Server server(yaml("history: 2"));
  Guest ann(server, "name=Ann");
  for (const auto* word : {"one", "two", "three"}) ann.client().send(word);
  for (int number = 0; number < 3; ++number) ann.hear("said");
  const auto history = Guest(server, "name=Bob").hear("history");
  EXPECT_THAT(history, ::testing::AllOf(HasSubstr("two"), HasSubstr("three"), ::testing::Not(HasSubstr("one"))));
}

TEST(Chat, RefusesWhatIsTooLongOrNoText) {
  const Server server(yaml("max_text: 16"));
  Guest ann(server, "name=Ann");
  ann.client().send("more than sixteen bytes");
  EXPECT_THAT(ann.hear("refused"), HasSubstr("too long"));
  ann.client().send_frame(0x82, "bytes");
  EXPECT_EQ(ann.client().read_to_close(), 1003);
}

TEST(Chat, RefusesNamesThatAreNone) {
  const Server server(yaml());
  for (const auto* query : {"name=", "name=%FF", "name=a%0Ab", "room=%ED%A0%80", "room="}) {
    Client client(server);
    client.send(WebSocketClient::request({.path = std::string("/chat?") + query}));
    EXPECT_EQ(client.read().status, 400) << query;
  }
}

TEST(Chat, HasSoManyRoomsAtOneTime) {
  const Server server(yaml("max_rooms: 1"));
  Guest ann(server, "name=Ann&room=a");
  ann.hear("present");
  Guest bob(server, "name=Bob&room=b");
  EXPECT_EQ(bob.client().read_to_close(), 1013);
  ann.client().close();
  Guest later(server, "name=Bob&room=b");
  EXPECT_THAT(later.hear("welcome"), HasSubstr("Bob"));
}

TEST(Chat, SpeaksTheSubprotocolChat) {
  const Server server(yaml());
  WebSocketClient client(server, {.path = "/chat", .fields = "Sec-WebSocket-Protocol: other, chat\r\n"});
  EXPECT_EQ(client.answer().field("Sec-WebSocket-Protocol"), "chat");
}

}  // namespace
}  // namespace kirsch::test
