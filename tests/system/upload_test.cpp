// Bodies that are used while they arrive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "memory.h"
#include "support/fixtures/pattern.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

TEST(Upload, of_64_mebibytes_is_used_as_it_arrives_in_constant_memory) {
  const Server server(loopback("server: { limits: { body: 64MiB } }\npaths: { /: { handler: { sink: {} } } }\n"));
  std::string piece(mebi, '\0');
  Client client(server);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 67108864\r\n\r\n");
  std::uint64_t hash = hashed({});
  std::uint64_t before = 0;
  std::uint64_t most = 0;
  for (std::uint64_t offset = 0; offset < 64 * mebi; offset += mebi) {
    fill_pattern(piece.data(), piece.size(), offset);
    hash = hashed(piece, hash);
    ASSERT_TRUE(client.send(piece));
    if (offset == mebi) before = resident(server.pid());
    most = std::max(most, resident(server.pid()));
  }
  EXPECT_EQ(client.read().body, std::to_string(64 * mebi) + " " + std::to_string(hash));
  EXPECT_LT(most, before + tolerated_growth);
}

TEST(Upload, in_chunks_arrives_without_their_framing) {
  const Server server(loopback("paths: { /: { handler: { sink: {} } } }\n"));
  Client client(server);
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n "
      "\r\n5\r\nworld\r\n0\r\n\r\n");
  EXPECT_EQ(client.read().body, "11 " + std::to_string(hashed("hello world")));
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client.read().body, "0 " + std::to_string(hashed({})));
}

TEST(Upload, beyond_the_limit_is_413) {
  const Server server(loopback("server: { limits: { body: 1000 } }\npaths: { /: { handler: { sink: {} } } }\n"));
  EXPECT_EQ(request(server, "POST", "/", {}, std::string(1000, 'x')).status, 200);
  EXPECT_EQ(request(server, "POST", "/", {}, std::string(1001, 'x')).status, 413);
  Client client(server);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'x') +
              "\r\n1\r\ny\r\n0\r\n\r\n");
  EXPECT_EQ(client.read().status, 413);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Upload, that_its_handler_refuses_ends_with_its_error) {
  const Server server(loopback("paths: { /: { handler: { sink: { refuse_after: 10 } } } }\n"));
  const auto response = request(server, "POST", "/", {}, std::string(5000, 'x'));
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("that is enough"));
}

}  // namespace
}  // namespace kirsch::test
