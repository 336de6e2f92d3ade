// Bodies that are used while they arrive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "support/fixtures/pattern.h"
#include "support/memory.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

// The handler sees every byte of it, and the server never holds more than a little.
void upload_a_large_body(const std::string& handler, const std::string& kind) {
  const Server server(loopback("server: { limits: { body: 1GiB, spool: 2GiB } }\npaths: { /: { handler: { " + handler +
                               ": {} } } }\n"));
  EXPECT_EQ(request(server, "POST", "/", {}, std::string(mebi, 'x')).status, 200);
  const auto before = most_resident(server.pid());
  std::string piece(mebi, '\0');
  Client client(server);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(large_body) + "\r\n\r\n");
  std::uint64_t hash = hashed({});
  for (std::uint64_t offset = 0; offset < large_body; offset += mebi) {
    fill_pattern(piece.data(), piece.size(), offset);
    hash = hashed(piece, hash);
    ASSERT_TRUE(client.send(piece));
  }
  EXPECT_EQ(client.read(std::chrono::minutes(2)).body, std::to_string(large_body) + " " + std::to_string(hash) + kind);
  EXPECT_LT(most_resident(server.pid()), before + tolerated_growth);
}

TEST(Upload, of_a_large_body_is_used_as_it_arrives_in_constant_memory) { upload_a_large_body("sink", ""); }

TEST(Upload, of_a_large_body_to_a_file_holds_constant_memory) { upload_a_large_body("parcel_whole", " file"); }

TEST(Upload, of_a_form_with_a_large_file_is_searched_in_constant_memory) {
  const Server server(
      loopback("server: { limits: { body: 2GiB, spool: 2GiB } }\npaths: { /: { handler: { parcel_sizes: {} } } }\n"));
  const std::string type = "Content-Type: multipart/form-data; boundary=b\r\n";
  const std::string begin = "--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n";
  const std::string end = "\r\n--b--\r\n";
  EXPECT_EQ(request(server, "POST", "/", type, begin + std::string(mebi, 'x') + end).body, "1 1048576");
  const auto before = most_resident(server.pid());
  Client client(server);
  client.send("POST / HTTP/1.1\r\nHost: a\r\n" + type +
              "Content-Length: " + std::to_string(begin.size() + large_body + end.size()) + "\r\n\r\n" + begin);
  const std::string piece(mebi, 'x');
  for (std::uint64_t offset = 0; offset < large_body; offset += mebi) ASSERT_TRUE(client.send(piece));
  client.send(end);
  EXPECT_EQ(client.read(std::chrono::minutes(2)).body, "1 " + std::to_string(large_body));
  EXPECT_LT(most_resident(server.pid()), before + tolerated_growth);
}

// Looking at all of it at once takes memory, which goes back when the step is over.
TEST(Upload, of_a_large_body_holds_no_memory_behind_the_step_that_looked_at_it) {
  const Server server(loopback(
      "server: { limits: { body: 64MiB } }\npaths:\n"
      "  /: { handler: { gate: {} }, tools: { parcel_look: {} } }\n  /open: { handler: { gate_opener: {} } }\n"));
  Client client(server);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(64 * mebi) + "\r\n\r\n");
  const std::string piece(mebi, 'x');
  ASSERT_TRUE(client.send(piece));
  const auto before = resident(server.pid());
  for (int count = 1; count < 64; ++count) ASSERT_TRUE(client.send(piece));
  server.wait_for_log("parcel: looked at 67108864 bytes");
  server.wait_for_log("gate: waiting");
  EXPECT_LT(resident(server.pid()), before + tolerated_growth);
  EXPECT_EQ(get(server, "/open").status, 200);
  EXPECT_EQ(client.read().status, 200);
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
  // Where more is left than will be read, nobody is promised another answer (RFC 9112 9.6).
  Client client(server);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + std::string(5000, 'x'));
  EXPECT_EQ(client.read().field("Connection"), "close");
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

TEST(Upload, that_finds_no_room_is_507_and_leaves_room_for_others) {
  const Server server(
      loopback("server: { limits: { body: 8MiB, body_memory: 1000, spool: 2MiB } }\npaths: { /: { handler: "
               "{ parcel_whole: {} } } }\n"));
  for (int round = 0; round < 3; ++round) {
    const auto refused = request(server, "POST", "/", {}, patterned(3'000'000));
    EXPECT_EQ(refused.status, 507);
    EXPECT_EQ(refused.field("Retry-After"), "1");
    // The room of a refused body is given back behind its answer.
    while (request(server, "POST", "/", {}, patterned(2'000'000)).status != 200) std::this_thread::yield();
  }
}

TEST(Upload, that_finds_no_worker_is_503_and_may_come_again) {
  const Server server(
      loopback("server: { loops: 1, workers: 1, limits: { body_memory: 1000, worker_queue: 1 } }\npaths:\n"
               "  /whole: { handler: { parcel_whole: {} } }\n"
               "  /wait: { handler: { gate: {} } }\n  /open: { handler: { gate_opener: {} } }\n"));
  Client working(server), waiting(server);
  working.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("gate: waiting");
  waiting.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto refused = request(server, "POST", "/whole", {}, patterned(3000));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("Retry-After"), "1");
  EXPECT_EQ(get(server, "/open").status, 200);
  EXPECT_EQ(working.read().status, 200);
  EXPECT_EQ(waiting.read().status, 200);
  EXPECT_EQ(request(server, "POST", "/whole", {}, patterned(3000)).status, 200);
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

// It may have to be read from the disk.
TEST(Upload, to_a_file_is_looked_at_by_a_worker_even_by_an_inline_handler) {
  const Server server(
      loopback("server: { limits: { body_memory: 1000 } }\npaths: { /: { handler: { parcel_whole: {} } } }\n"));
  EXPECT_EQ(request(server, "POST", "/", {}, std::string(1000, 'x')).field("X-Thread"), "loop");
  EXPECT_EQ(request(server, "POST", "/", {}, std::string(1001, 'x')).field("X-Thread"), "worker");
  EXPECT_EQ(request(server, "POST", "/", {}, std::string(1000, 'x')).field("X-Thread"), "loop");
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

TEST(Upload, to_a_handler_that_suspends_without_having_called_it_is_an_error) {
  const Server server(loopback("paths: { /: { handler: { parcel_dozer: {} } } }\n"));
  Client client(server);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(client.read().status, 500);
  server.wait_for_log("it returned `suspend` without having called it");
}

}  // namespace
}  // namespace kirsch::test
