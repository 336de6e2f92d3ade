// Bodies that are used while they arrive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "support/memory.h"
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

std::string patterned(std::size_t size) {
  std::string bytes(size, '\0');
  fill_pattern(bytes.data(), bytes.size(), 0);
  return bytes;
}

TEST(Upload, beyond_the_memory_for_bodies_goes_to_a_file) {
  const Server server(
      loopback("server: { limits: { body: 8MiB, body_memory: 1000 } }\npaths: { /: { handler: { "
               "parcel_whole: {} } } }\n"));
  for (const std::size_t size : {0U, 1000U, 1001U, 300'000U, 3'000'000U}) {
    const auto body = patterned(size);
    EXPECT_EQ(request(server, "POST", "/", {}, body).body,
              std::to_string(size) + " " + std::to_string(hashed(body)) + (size > 1000 ? " file" : " memory"));
  }
}

TEST(Upload, of_a_gibibyte_to_a_file_holds_constant_memory) {
  const Server server(
      loopback("server: { limits: { body: 1GiB, spool: 2GiB } }\npaths: { /: { handler: { parcel_whole: "
               "{ hash: false } } } }\n"));
  const std::uint64_t whole = 1024 * mebi;
  const std::string piece(mebi, 'x');
  Client client(server);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(whole) + "\r\n\r\n");
  std::uint64_t before = 0;
  std::uint64_t most = 0;
  for (std::uint64_t offset = 0; offset < whole; offset += mebi) {
    ASSERT_TRUE(client.send(piece));
    if (offset == mebi) before = resident(server.pid());
    most = std::max(most, resident(server.pid()));
  }
  EXPECT_EQ(client.read().body, std::to_string(whole) + " 0 file");
  EXPECT_LT(most, before + tolerated_growth);
}

TEST(Upload, that_finds_no_room_is_507_and_leaves_room_for_others) {
  const Server server(
      loopback("server: { limits: { body: 8MiB, body_memory: 1000, spool: 2MiB } }\npaths: { /: { handler: "
               "{ parcel_whole: {} } } }\n"));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(request(server, "POST", "/", {}, patterned(3'000'000)).status, 507);
    EXPECT_EQ(request(server, "POST", "/", {}, patterned(2'000'000)).status, 200);
  }
}

TEST(Upload, that_breaks_off_gives_its_room_back) {
  const Server server(
      loopback("server: { limits: { body: 8MiB, body_memory: 1000, spool: 2MiB } }\npaths: { /: { handler: "
               "{ parcel_whole: {} } } }\n"));
  for (int round = 0; round < 5; ++round) {
    Client client(server);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n" + patterned(1'500'000));
    client.reset();
    // Until the server has seen the reset the room may be taken.
    while (request(server, "POST", "/", {}, patterned(1'900'000)).status != 200) std::this_thread::yield();
  }
}

TEST(Upload, has_a_limit_per_path) {
  const Server server(
      loopback("server: { limits: { body: 10 } }\nsites:\n  - limits: { body: 20 }\n    paths:\n"
               "      /: { handler: { parcel_whole: {} } }\n"
               "      /large/: { limits: { body: 30 } }\n"
               "      /large/small: { limits: { body: 5 } }\n"));
  const auto most = [&](std::string_view path) {
    std::size_t size = 0;
    while (request(server, "POST", path, {}, std::string(size + 1, 'x')).status == 200) ++size;
    return size;
  };
  EXPECT_EQ(most("/a"), 20U);
  EXPECT_EQ(most("/large/a"), 30U);
  EXPECT_EQ(most("/large/small"), 5U);
}

TEST(Upload, to_a_slow_consumer_waits_for_it) {
  const Server server(loopback("server: { limits: { body: 8MiB } }\npaths: { /: { handler: { parcel_sips: {} } } }\n"));
  const auto body = patterned(5'000'000);
  EXPECT_EQ(request(server, "POST", "/", {}, body).body, "5000000 " + std::to_string(hashed(body)));
  Client client(server);
  for (int count = 0; count < 3; ++count) {
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    EXPECT_EQ(client.read().body, "5 " + std::to_string(hashed("hello")));
  }
}

TEST(Upload, of_a_form_gives_its_parts) {
  const Server server(
      loopback("server: { limits: { body_memory: 100 } }\npaths: { /: { handler: { parcel_parts: {} } } "
               "}\n"));
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\n"
      "Content-Disposition: form-data; name=\"f\"; filename=\"x\"\r\nContent-Type: text/css\r\n\r\n2\r\n--b--\r\n";
  EXPECT_EQ(request(server, "POST", "/", "Content-Type: multipart/form-data; boundary=b\r\n", body).body,
            "a=1\nf@x(text/css)=2\nform a\n");
  EXPECT_EQ(request(server, "POST", "/", "Content-Type: multipart/form-data; boundary=c\r\n", body).status, 400);
  EXPECT_EQ(request(server, "POST", "/", "Content-Type: text/plain\r\n", body).status, 415);
}

}  // namespace
}  // namespace kirsch::test
