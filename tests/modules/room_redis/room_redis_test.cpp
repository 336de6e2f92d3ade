// room_redis: what is published in one process arrives once in the others, and nobody waits for a Redis that is not
// well.
#include <gmock/gmock.h>

#include "modules/refusal.h"
#include "support/certificates.h"
#include "support/editions.h"
#include "support/guests.h"
#include "support/occurrences.h"
#include "support/redis_server.h"
#include "support/websocket_client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

constexpr auto not_available = " is not available: ";

// Slow is not dead here: the machine may have more to do.
std::string rooms_at(const RedisServer& redis, const std::string& more = ", timeout: 20s") {
  return "rooms: { redis: { url: \"redis://127.0.0.1:" + std::to_string(redis.port()) + "\"" + more + " } }";
}

std::string process_yaml(const std::string& rooms, const std::string& more = {}) {
  return loopback("server: { loops: 2 }\npaths:\n  /: { handler: { websocket: { app: { crowd: {} }, " + rooms +
                  " } } }\n  /chat: { handler: { websocket: { app: { chat: {} }, " + rooms +
                  " } } }\n  /metrics: { handler: { metrics: {} } }\n" + more);
}

std::unique_ptr<WebSocketClient> member_of(const Server& server, const std::string& room = "room") {
  auto client = std::make_unique<WebSocketClient>(server);
  client->send("join " + room);
  EXPECT_EQ(client->read_text(), "joined " + room);
  return client;
}

// Until so many processes hear what is published there.
void until_heard_by(const RedisServer& redis, int processes, const std::string& channel = "kirsch:room:room") {
  until([&] { return redis.ask("PUBSUB NUMSUB " + channel) == channel + "\n" + std::to_string(processes); });
}

void read_up_to(const std::string& text, WebSocketClient& client) {
  while (client.read_text() != text) continue;
}

// Until what `speaker` publishes reaches `listener` in another process, and all that came before has been read.
void until_it_comes_through(WebSocketClient& speaker, WebSocketClient& listener) {
  until([&] {
    speaker.send("publish room again?");
    EXPECT_EQ(speaker.read_text(), "again?");
    bool heard = false;
    while (!listener.connection().silent()) heard = listener.read_text() == "again?" || heard;
    return heard;
  });
  speaker.send("publish room through");
  EXPECT_EQ(speaker.read_text(), "through");
  read_up_to("through", listener);
}

double metric_of(const Server& server, const std::string& name) {
  const auto text = "\n" + get(server, "/metrics").body;
  const auto at = text.find("\n" + name + " ");
  return at == text.npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

TEST(RoomRedis, RefusesAddressesThatItCannotUse) {
  const auto refused = [](const std::string& options) {
    return refusal("paths: { /: { handler: { websocket: { app: { crowd: {} }, rooms: { redis: { " + options +
                   " } } } } } }\n");
  };
  EXPECT_THAT(refused("url: \"redis://h/3\""), HasSubstr("channels belong to no database"));
  EXPECT_THAT(refused("url: \"http://h\""), HasSubstr("write redis://host:port"));
  EXPECT_THAT(refused("url: \"redis://h\", authorities: kirsch.yaml"), HasSubstr("this has a meaning for rediss://"));
}

TEST(RoomRedis, CarriesMessagesBetweenProcessesBothWaysAndOnce) {
  const RedisServer redis;
  const Server here(process_yaml(rooms_at(redis))), there(process_yaml(rooms_at(redis)));
  std::vector<std::unique_ptr<WebSocketClient>> members;
  for (int number = 0; number < 6; ++number) members.push_back(member_of(number % 2 == 0 ? here : there));
  until_heard_by(redis, 2);
  const auto all_hear = [&](std::size_t speaker) {
    for (int number = 0; number < 100; ++number)
      members[speaker]->send("publish room " + std::to_string(speaker) + ":" + std::to_string(number));
    for (const auto& member : members)
      for (int number = 0; number < 100; ++number)
        ASSERT_EQ(member->read_text(), std::to_string(speaker) + ":" + std::to_string(number));
  };
  all_hear(0);
  all_hear(1);
  std::string bytes = "publish room ";
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  bytes += "\r\n" + std::string(100'000, '\0');
  members[0]->send_frame(0x82, bytes);
  for (const auto& member : members) {
    const auto frame = member->read();
    EXPECT_EQ(frame.opcode, 2u);
    EXPECT_TRUE(frame.payload == bytes.substr(13));
  }
  members[1]->send("others room to the others");
  for (std::size_t number : {0U, 2U, 3U, 4U, 5U}) EXPECT_EQ(members[number]->read_text(), "to the others");
  members[1]->send("members room");
  EXPECT_EQ(members[1]->read_text(), "3");
  EXPECT_EQ(metric_of(here, "kirsch_room_redis_received_total"), 101);
  until([&] { return metric_of(here, "kirsch_room_redis_sent_total") == 101; });
  EXPECT_EQ(metric_of(here, "kirsch_room_redis_lost_total"), 0);
}

TEST(RoomRedis, LetsGuestsOfTwoProcessesChat) {
  const RedisServer redis;
  const Server here(process_yaml(rooms_at(redis))), there(process_yaml(rooms_at(redis)));
  WebSocketClient ann(here, {.path = "/chat?name=Ann"}), bob(there, {.path = "/chat?name=Bob"});
  until_heard_by(redis, 2, "kirsch:room:lobby");
  const auto hears = [](WebSocketClient& guest, const std::string& text) {
    while (guest.read_text().find("\"text\":\"" + text + "\"") == std::string::npos) continue;
  };
  ann.send("Good morning");
  hears(ann, "Good morning");
  hears(bob, "Good morning");
  bob.send("Morning");
  hears(ann, "Morning");
  // What is published while a process ends still leaves it.
  ann.connection().reset();
  while (bob.read_text() != R"({"type":"present","names":[]})") continue;
}

TEST(RoomRedis, ListensToRoomsThatHaveMembersHere) {
  const RedisServer redis;
  const Server server(process_yaml(rooms_at(redis)));
  until([&] { return metric_of(server, "kirsch_room_redis_connected") == 1; });
  EXPECT_EQ(redis.ask("PUBSUB CHANNELS"), "");
  auto one = member_of(server);
  const auto other = member_of(server);
  until_heard_by(redis, 1);
  one->close();
  other->send("members room");
  EXPECT_EQ(other->read_text(), "1");
  EXPECT_EQ(redis.ask("PUBSUB CHANNELS"), "kirsch:room:room");
  other->send("leave room");
  until_heard_by(redis, 0);
  other->send("join room");
  until_heard_by(redis, 1);
}

TEST(RoomRedis, KeepsPrefixesApart) {
  const RedisServer redis;
  const auto rooms = [&](const std::string& prefix) {
    return rooms_at(redis, ", timeout: 20s, prefix: \"" + prefix + "\"");
  };
  const Server here(process_yaml(rooms("shop:"))), there(process_yaml(rooms("shop:")));
  const Server apart(process_yaml(rooms("office:")));
  const auto one = member_of(here), other = member_of(there), stranger = member_of(apart);
  until_heard_by(redis, 1, "office:room");
  until_heard_by(redis, 2, "shop:room");
  one->send("publish room of the shop");
  EXPECT_EQ(other->read_text(), "of the shop");
  stranger->send("publish room of the office");
  EXPECT_EQ(stranger->read_text(), "of the office");
}

TEST(RoomRedis, ComesBackWhenRedisDoes) {
  RedisServer redis;
  const Server here(process_yaml(rooms_at(redis))), there(process_yaml(rooms_at(redis)));
  const auto one = member_of(here), other = member_of(there);
  until_heard_by(redis, 2);
  for (std::size_t round = 1; round <= 2; ++round) {
    redis.kill();
    for (const auto* server : {&here, &there}) server->wait_for_log(not_available, round);
    one->send("publish room alone");
    EXPECT_EQ(one->read_text(), "alone");
    const auto late = member_of(here, "late");  // a room that begins meanwhile
    redis.start();
    for (const auto* server : {&here, &there}) server->wait_for_log(" is available again", round);
    until_heard_by(redis, 2);
    until_heard_by(redis, 1, "kirsch:room:late");
    other->send("publish room together");
    EXPECT_EQ(other->read_text(), "together");
    EXPECT_EQ(one->read_text(), "together");
    EXPECT_EQ(occurrences(here.log(), not_available), round);
    EXPECT_EQ(metric_of(here, "kirsch_room_redis_lost_total"), round);
  }
}

TEST(RoomRedis, StartsBeforeRedisDoes) {
  RedisServer redis;
  redis.kill();
  const Server server(process_yaml(rooms_at(redis)));
  EXPECT_THAT(server.wait_for_line(not_available), HasSubstr("refused"));
  const auto one = member_of(server);
  one->send("publish room alone");
  EXPECT_EQ(one->read_text(), "alone");
  redis.start();
  until_heard_by(redis, 1);
}

TEST(RoomRedis, IntroducesItself) {
  const RedisServer redis({"--requirepass", "of all"});
  const Server stranger(process_yaml(rooms_at(redis)));
  stranger.wait_for_log("NOAUTH");
  const Server impostor(process_yaml(rooms_at(redis, ", timeout: 20s, password: \"of eve\"")));
  impostor.wait_for_log("WRONGPASS");
  const auto alone = member_of(impostor);
  alone->send("publish room alone");
  EXPECT_EQ(alone->read_text(), "alone");
  EXPECT_EQ(occurrences(impostor.log(), not_available), 1u);
  EXPECT_EQ(impostor.log().find("of eve"), std::string::npos);
  const Server known(process_yaml(rooms_at(redis, ", timeout: 20s, password: \"of all\"")));
  until([&] { return metric_of(known, "kirsch_room_redis_connected") == 1; });
  EXPECT_EQ(known.log().find("of all"), std::string::npos);
}

TEST(RoomRedis, TellsOnceWhatRedisDoesNotLetItDo) {
  const RedisServer redis({"--user", "ada", "on", ">of-ada", "+@all", "resetchannels", "&kirsch:room:open"});
  const auto rooms = "rooms: { redis: { url: \"redis://ada@127.0.0.1:" + std::to_string(redis.port()) +
                     "\", timeout: 20s, password: of-ada } }";
  const Server here(process_yaml(rooms)), there(process_yaml(rooms));
  const auto closed = member_of(here);
  here.wait_for_log(" refuses: NOPERM");
  for (const auto* text : {"one", "two"}) {
    closed->send("publish room " + std::string(text));
    EXPECT_EQ(closed->read_text(), text);
  }
  until([&] { return metric_of(here, "kirsch_room_redis_lost_total") == 2; });
  EXPECT_EQ(occurrences(here.log(), " refuses: "), 1u);
  const auto one = member_of(here, "open"), other = member_of(there, "open");
  until([&] {
    one->send("publish open door");
    EXPECT_EQ(one->read_text(), "door");
    return !other->connection().silent();
  });
}

TEST(RoomRedis, SpeaksTlsWithWhoProvesItsName) {
  const Certificates certificates;
  const RedisServer redis({"--port", "0", "--tls-port", "PORT", "--tls-auth-clients", "no", "--tls-cert-file",
                           certificates.certificate(), "--tls-key-file", certificates.private_key(),
                           "--tls-ca-cert-file", certificates.authority()});
  const auto rooms = [&](const std::string& more) {
    return "rooms: { redis: { timeout: 20s, url: \"rediss://localhost:" + std::to_string(redis.port()) + "\"" + more +
           " } }";
  };
  const auto trusting = rooms(", authorities: \"" + certificates.authority().string() + "\"");
  const Server here(process_yaml(trusting)), there(process_yaml(trusting));
  const auto one = member_of(here), other = member_of(there);
  until_it_comes_through(*one, *other);
  other->send("size room 300000");
  EXPECT_EQ(one->read_text().size(), 300'000u);
  const Server distrusting(process_yaml(rooms("")));
  EXPECT_THAT(distrusting.wait_for_line(not_available), HasSubstr("certificate verify failed"));
}

TEST(RoomRedis, KeepsNobodyWaitingForARedisThatDoesNotAnswer) {
  RedisServer redis;
  const auto rooms = rooms_at(redis, ", timeout: 500ms, queue: 1MiB");
  const Server here(process_yaml(rooms)), there(process_yaml(rooms));
  const auto one = member_of(here), neighbour = member_of(here), other = member_of(there);
  until_it_comes_through(*one, *other);
  read_up_to("through", *neighbour);
  redis.stop();
  const std::string filler(16 * 1024, 'x');
  for (int number = 0; number < 600; ++number) {
    one->send("publish room " + std::to_string(number) + filler);
    for (auto* member : {one.get(), neighbour.get()}) ASSERT_EQ(std::stoi(member->read_text()), number);
  }
  here.wait_for_log(not_available);
  EXPECT_GT(metric_of(here, "kirsch_room_redis_lost_total"), 0);
  redis.go_on();
  until_it_comes_through(*one, *other);
}

TEST(RoomRedis, BelievesNobodyWhoIsNoRedis) {
  RedisServer redis;
  const Server server(process_yaml(rooms_at(redis, "")));
  const auto one = member_of(server);
  until_heard_by(redis, 1);
  const std::string pong = "+PONG\r\n", id = "0123456789abcdef";
  const auto message = [](const std::string& channel, const std::string& bytes) {
    return "*3\r\n$7\r\nmessage\r\n$" + std::to_string(channel.size()) + "\r\n" + channel + "\r\n$" +
           std::to_string(bytes.size()) + "\r\n" + bytes + "\r\n";
  };
  const std::string subscribed = "*3\r\n$9\r\nsubscribe\r\n$16\r\nkirsch:room:room\r\n:1\r\n";
  // The first one is no Redis either, but so far none can know.
  const std::vector<std::string> replies{
      subscribed + message("kirsch:room:room", id + "theard") + message("kirsch:room:room", "") +
          message("kirsch:room:room", id) + message("kirsch:room:room", id + "xunknown") +
          message("elsewhere", id + "telsewhere") + message("kirsch:room:", id + "tnowhere") +
          "*2\r\n$7\r\nmessage\r\n$1\r\nx\r\n*1\r\n$7\r\nmessage\r\n:7\r\n" +
          message("kirsch:room:room", id + "tat last") + "?",
      "*3\r\n$7\r\nmessage\r\n$-1\r\n:7\r\n",
      "*0\r\n",
      "HTTP/1.1 400 Bad Request\r\n\r\n",
      "",
  };
  redis.kill();
  for (const auto& reply : replies) {
    const Babbler babbler(redis.port(), {pong, reply});
    if (reply == replies.front()) {
      EXPECT_EQ(one->read_text(), "heard");
      EXPECT_EQ(one->read_text(), "at last");
    }
    until([&] { return babbler.connections() > 2; });
    one->send("publish room " + std::to_string(reply.size()));
    read_up_to(std::to_string(reply.size()), *one);
  }
}

TEST(RoomRedis, KeepsRoomsOverAReload) {
  const RedisServer redis;
  Editions here(process_yaml(rooms_at(redis)));
  const Server there(process_yaml(rooms_at(redis)));
  const auto one = member_of(here.server()), other = member_of(there);
  until_heard_by(redis, 2);
  here.write(process_yaml(rooms_at(redis), "  /new: { handler: { echo: {} } }\n"));
  ASSERT_EQ(here.reload().exit_code, 0);
  one->send("publish room still here");
  EXPECT_EQ(other->read_text(), "still here");
  EXPECT_EQ(one->read_text(), "still here");
  other->send("publish room and there");
  EXPECT_EQ(one->read_text(), "and there");
  until_heard_by(redis, 2);
  here.write(process_yaml(rooms_at(redis, ", timeout: 20s, prefix: \"elsewhere:\"")));
  ASSERT_EQ(here.reload().exit_code, 0);
  EXPECT_EQ(one->close(), 1012);
  until_heard_by(redis, 1);
}

TEST(RoomRedis, EndsThoughRedisDoesNotAnswer) {
  RedisServer redis;
  Server server(process_yaml(rooms_at(redis, "")));
  const auto one = member_of(server);
  until_heard_by(redis, 1);
  redis.stop();
  one->send("size room 1000000");
  EXPECT_EQ(one->read_text().size(), 1'000'000u);
  one->connection().reset();
  EXPECT_EQ(server.stop(), 0) << server.log();
  redis.go_on();
}

}  // namespace
}  // namespace kirsch::test
