// websocket_echo: every message comes back as it was.
#include <gmock/gmock.h>

#include "support/websocket_client.h"

namespace kirsch::test {
namespace {

TEST(WebSocketEcho, SendsBackTextAndBytesInTheirOrder) {
  const Server server(loopback("paths: { /: { handler: { websocket: { app: { echo: {} } } } } }\n"));
  WebSocketClient client(server);
  client.send("grüß Gott");
  client.send_frame(0x82, "\xFF\x01");
  client.send_frame(0x02, "one ");
  client.send_frame(0x80, "message");
  EXPECT_EQ(client.read_text(), "grüß Gott");
  const auto bytes = client.read();
  EXPECT_EQ(bytes.opcode, 2u);
  EXPECT_EQ(bytes.payload, "\xFF\x01");
  EXPECT_EQ(client.read().payload, "one message");
}

}  // namespace
}  // namespace kirsch::test
