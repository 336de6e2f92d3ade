// echo: every byte of the request that matters comes back.
#include <gmock/gmock.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

std::string yaml() { return loopback("paths: { /: { handler: { echo: {} } } }\n"); }

Response exchange(const std::string& raw) {
  Server server(yaml());
  Client client(server);
  EXPECT_TRUE(client.send(raw));
  return client.read();
}

TEST(Echo, ShowsTheHeadAsItArrived) {
  const std::string head =
      "GET /a%20b/../c?x=1&y=%2F HTTP/1.1\r\nHost: example.org\r\nx-LOWER: a\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n";
  const auto answer = exchange(head);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, head);
  EXPECT_EQ(answer.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.field("Cache-Control"), "no-store");
}

TEST(Echo, ShowsTheBodyByteForByte) {
  std::string body;
  for (int byte = 0; byte < 256; ++byte) body += static_cast<char>(byte);
  const auto request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 256\r\n\r\n" + body;
  EXPECT_EQ(exchange(request).body, request);
}

TEST(Echo, ShowsAChunkedBodyDecoded) {
  const std::string head = "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(exchange(head + "3\r\nabc\r\n2;e=1\r\nde\r\n0\r\n\r\n").body, head + "abcde");
}

TEST(Echo, AnswersEveryMethodAndVersion) {
  for (const auto* method : {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const auto raw = std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(exchange(raw).body, raw);
  }
  EXPECT_EQ(exchange("GET / HTTP/1.0\r\n\r\n").body, "GET / HTTP/1.0\r\n\r\n");
}

TEST(Echo, AnswersHeadWithTheLengthOnly) {
  Server server(yaml());
  Client client(server);
  const std::string raw = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_TRUE(client.send(raw));
  EXPECT_EQ(client.read_without_body().field("Content-Length"), std::to_string(raw.size()));
}

}  // namespace
}  // namespace kirsch::test
