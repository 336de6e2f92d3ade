// The opening handshake (RFC 6455 4.2): who gets in, and what the others hear.
#include <gmock/gmock.h>

#include "modules/refusal.h"
#include "support/websocket_client.h"
#include "websocket/extensions.h"
#include "websocket/handshake.h"

namespace kirsch::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string handshake_yaml(const std::string& options = "") {
  return loopback("paths: { /: { handler: { websocket: { app: { echo: {} }" + options + " } } } }\n");
}

class Handshake : public ::testing::Test {
 protected:
  Response ask(const std::string& head) const {
    Client client(server_);
    EXPECT_TRUE(client.send(head + "\r\n"));
    return client.read();
  }
  static std::string head(const std::string& without = "", const std::string& more = "") {
    std::string made = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (const auto* field : {"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}) {
      if (without.empty() || !std::string_view(field).starts_with(without)) made.append(field).append("\r\n");
    }
    return made + more;
  }

  const Server server_{handshake_yaml()};
};

TEST_F(Handshake, AnswersTheExampleOfTheStandard) {
  const auto answer = ask(head());
  EXPECT_EQ(answer.status, 101);
  EXPECT_EQ(answer.field("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(answer.field("Upgrade"), "websocket");
  EXPECT_EQ(answer.field("Connection"), "upgrade");
  EXPECT_EQ(answer.count("Sec-WebSocket-Protocol") + answer.count("Sec-WebSocket-Extensions"), 0u);
}

TEST_F(Handshake, ReadsListsAndCasesAsFieldsHaveThem) {
  EXPECT_EQ(ask(head("Connection", "Connection: keep-alive, UPGRADE\r\n")).status, 101);
  EXPECT_EQ(ask(head("Upgrade", "Upgrade: WebSocket\r\n")).status, 101);
  EXPECT_EQ(ask(head("Upgrade", "Upgrade: h2c, websocket\r\n")).status, 101);
}

TEST_F(Handshake, IsAGet) {
  auto post = head("", "Content-Length: 0\r\n");
  const auto answer = ask(post.replace(0, 3, "POST"));
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.field("Allow"), "GET");
}

TEST_F(Handshake, SaysToOthersWhatIsSpokenHere) {
  const auto answer = get(server_, "/");
  EXPECT_EQ(answer.status, 426);
  EXPECT_EQ(answer.field("Upgrade"), "websocket");
  EXPECT_THAT(answer.body, HasSubstr("ws://"));
}

TEST_F(Handshake, SaysWhichVersionItSpeaks) {
  for (const auto* said : {"Sec-WebSocket-Version: 12\r\n", "Sec-WebSocket-Version: 8\r\n",
                           "Sec-WebSocket-Version: 013\r\n", "Sec-WebSocket-Version: 13, 8\r\n", ""}) {
    const auto answer = ask(head("Sec-WebSocket-Version", said));
    EXPECT_EQ(answer.status, 426) << said;
    EXPECT_EQ(answer.field("Sec-WebSocket-Version"), "13");
  }
}

TEST_F(Handshake, WantsEveryFieldOfIt) {
  EXPECT_EQ(ask(head("Connection")).status, 400);
  EXPECT_EQ(ask(head("Sec-WebSocket-Key")).status, 400);
  EXPECT_EQ(ask(head("", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")).status, 400);
  const auto old = head();
  EXPECT_EQ(ask(std::string(old).replace(old.find("HTTP/1.1"), 8, "HTTP/1.0")).status, 400);
  EXPECT_THAT(ask(head("Sec-WebSocket-Key", "Sec-WebSocket-Key: short\r\n")).body, HasSubstr("16 bytes"));
}

// 4.2.1, 9.1
TEST_F(Handshake, HasListsAsTheStandardWritesThem) {
  for (const auto* field : {"Sec-WebSocket-Extensions:", "Sec-WebSocket-Extensions: ,", "Sec-WebSocket-Extensions: a b",
                            "Sec-WebSocket-Extensions: permessage-deflate; =1", "Sec-WebSocket-Protocol:",
                            "Sec-WebSocket-Protocol: chat, chat", "Sec-WebSocket-Protocol: a b"})
    EXPECT_EQ(ask(head("", std::string(field) + "\r\n")).status, 400) << field;
  EXPECT_EQ(ask(head("", "Sec-WebSocket-Extensions: unknown; x=\"y\",\r\nSec-WebSocket-Extensions: a\r\n")).status,
            101);
}

TEST_F(Handshake, ParsesNoFramesAfterARefusal) {
  Client client(server_);
  client.send(head("Sec-WebSocket-Key") + "\r\n" + head() + "\r\n");
  EXPECT_EQ(client.read().status, 400);
  EXPECT_EQ(client.read().status, 101);  // what follows is a request, as HTTP says
}

TEST_F(Handshake, TakesFramesThatCameWithIt) {
  Client client(server_);
  client.send(head() + "\r\n" + std::string("\x81\x82\0\0\0\0hi", 8));
  EXPECT_EQ(client.read().status, 101);
  EXPECT_EQ(client.read_exactly(4), "\x81\x02hi");
}

TEST_F(Handshake, IsForPagesOfTheSameOriginAlone) {
  const auto with = [&](const std::string& host, const std::string& origin) {
    auto made = head("", "Origin: " + origin + "\r\n");
    return ask(made.replace(made.find("Host: a"), 7, "Host: " + host)).status;
  };
  EXPECT_EQ(with("example.org", "http://example.org"), 101);
  EXPECT_EQ(with("example.org:80", "http://EXAMPLE.org"), 101);
  EXPECT_EQ(with("example.org:8080", "http://example.org:8080"), 101);
  EXPECT_EQ(with("example.org", "https://example.org"), 101);  // a proxy took the TLS away
  EXPECT_EQ(with("example.org", "http://example.org:8080"), 403);
  EXPECT_EQ(with("example.org", "http://evil.example.org"), 403);
  EXPECT_EQ(with("example.org", "http://example.org.evil"), 403);
  EXPECT_EQ(with("example.org", "null"), 403);
  EXPECT_EQ(with("example.org", "ftp://example.org"), 403);
  EXPECT_EQ(with("example.org", "http://example.org\r\nOrigin: http://evil.example.org"), 403);
}

TEST(HandshakeOrigins, MayBeListedOrAny) {
  const Server listed(handshake_yaml(", origins: [\"https://One.example:443\", \"http://two.example:8080\"]"));
  const auto with = [](const Server& server, const std::string& origin) {
    Client client(server);
    client.send(WebSocketClient::request({.fields = "Origin: " + origin + "\r\n"}));
    return client.read().status;
  };
  EXPECT_EQ(with(listed, "https://one.example"), 101);
  EXPECT_EQ(with(listed, "http://two.example:8080"), 101);
  EXPECT_EQ(with(listed, "http://two.example"), 403);
  EXPECT_EQ(with(listed, "http://a"), 403);
  const Server any(handshake_yaml(", origins: any"));
  EXPECT_EQ(with(any, "null"), 101);
}

TEST(HandshakeOrigins, ThatAreNoneAreRefusedAtLoad) {
  EXPECT_THAT(refusal("paths: { /: { handler: { websocket: { app: { echo: {} }, origins: [www.example.org] } } } }\n"),
              HasSubstr("is no origin"));
}

TEST(WebSocketOptions, OfTimeAreLongerThanNone) {
  for (const std::string option : {"ping", "idle_timeout", "pong_timeout", "close_timeout"}) {
    EXPECT_THAT(refusal("paths: { /: { handler: { websocket: { app: { echo: {} }, " + option + ": 0s } } } }\n"),
                HasSubstr("1ms"))
        << option;
  }
}

TEST(HandshakeText, ReadsLists) {
  EXPECT_THAT(websocket::list_elements(" a ,, b\t,c d,"), ElementsAre("a", "b", "c d"));
  EXPECT_THAT(websocket::list_elements(""), ElementsAre());
}

TEST(HandshakeText, TakesKeysInTheirOneForm) {
  EXPECT_TRUE(websocket::is_key("dGhlIHNhbXBsZSBub25jZQ=="));
  EXPECT_FALSE(websocket::is_key("dGhlIHNhbXBsZSBub25jZR=="));  // bits beyond the 16 bytes
  EXPECT_FALSE(websocket::is_key("dGhlIHNhbXBsZSBub25jZQ"));
  EXPECT_FALSE(websocket::is_key("dGhlIHNhbXBsZSBub25jZQ= "));
  EXPECT_FALSE(websocket::is_key("dGhlIHNhbXBsZSBub25j!Q=="));
}

TEST(HandshakeText, ReadsExtensionsWithTheirParameters) {
  const auto read = [](std::string_view field) {
    std::string said;
    const auto extensions = websocket::parse_extensions(field);
    for (const auto& extension : extensions.value()) {
      said.append(said.empty() ? "" : ",").append(extension.name);
      for (const auto& [name, value] : extension.parameters)
        said.append(";").append(name).append(value ? "=" + *value : "");
    }
    return said;
  };
  EXPECT_EQ(read("a"), "a");
  EXPECT_EQ(read(" , a;b=c ; d,\te ; f = \"g\" ,"), "a;b=c;d,e;f=g");
  EXPECT_EQ(read(R"(a; b="\1\0")"), "a;b=10");
}

TEST(HandshakeText, TakesNoExtensionsThatAreWrittenOtherwise) {
  for (const auto* field : {"", " ", ",", "a;", "a;;b", "a; b=", "a; =b", "a b", "a/b", "a; b=\"\"", "a; b=\"c",
                            "a; b=\"c d\"", "a; b=\"c\"d", "a; b=\"c\\", "a; b=\"c, permessage-deflate\""})
    EXPECT_FALSE(websocket::parse_extensions(field)) << field;
}

TEST(HandshakeText, TakesSubprotocolsOnce) {
  EXPECT_THAT(*websocket::subprotocols("chat, superchat"), ElementsAre("chat", "superchat"));
  EXPECT_FALSE(websocket::subprotocols("chat, chat"));
  EXPECT_FALSE(websocket::subprotocols("a b"));
}

}  // namespace
}  // namespace kirsch::test
