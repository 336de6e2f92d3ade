// Services between modules, memory that the host keeps, data per lane, and the bodies that are not strings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/client.h"
#include "support/fixtures/pattern.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

TEST(Services, of_one_module_are_used_by_another) {
  const Server server(loopback("paths: { /: { handler: { tally: {} } } }\n"));
  EXPECT_EQ(get(server, "/").body, "0");
  EXPECT_EQ(get(server, "/").body, "1");
}

TEST(Services, that_yaml_chooses_get_its_options_and_an_instance_per_place) {
  const Server server(
      loopback("paths:\n"
               "  /a: { handler: { ledger: { counter: { counter: { start: 100 } } } } }\n"
               "  /b: { handler: { ledger: { counter: { counter: { start: 200 } } } } }\n"));
  EXPECT_EQ(get(server, "/a").body, "100");
  EXPECT_EQ(get(server, "/a").body, "101");
  EXPECT_EQ(get(server, "/b").body, "200");
}

TEST(Services, of_an_early_module_are_used_by_a_late_one) {
  const Server server(loopback("engine: { signals: {}, lantern: {} }\npaths: { /: { handler: { moth: {} } } }\n"));
  EXPECT_EQ(get(server, "/").body, "warm white");
}

TEST(Storage, is_one_memory_for_all_that_open_it) {
  const Server server(loopback(
      "paths: { /a: { handler: { visits: {} } }, /b: { handler: { visits: {} } }, /c: { handler: { more_visits: {} } } "
      "}\n"));
  EXPECT_EQ(get(server, "/a").body, "1");
  EXPECT_EQ(get(server, "/b").body, "2");
  EXPECT_EQ(get(server, "/c").body, "3");
}

TEST(Lanes, count_without_locks_what_all_loops_serve) {
  const Server server(loopback("server: { loops: 2, workers: 3 }\npaths: { /: { handler: { lanes: {} } } }\n"));
  for (int turn = 1; turn < 40; ++turn) {
    EXPECT_EQ(get(server, "/").body, std::to_string(turn) + " of 2 loops, 5 lanes");
  }
}

TEST(Bodies, of_blobs_and_views_arrive_whole) {
  const Server server(
      loopback("paths: { /blob: { handler: { deliver_blob: { bytes: \"shared bytes\" } } }, /view: { handler: { "
               "deliver_view: { bytes: \"viewed bytes\" } } } }\n"));
  Client client(server);
  for (int turn = 0; turn < 3; ++turn) {
    client.send("GET /blob HTTP/1.1\r\nHost: a\r\n\r\nGET /view HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read().body, "shared bytes");
    EXPECT_EQ(client.read().body, "viewed bytes");
  }
}

class Files : public ::testing::Test {
 protected:
  static std::string pattern_text(std::size_t size) {
    std::string text(size, '\0');
    fill_pattern(text.data(), size, 0);
    return text;
  }
  const std::string large_ = pattern_text(3'000'000);
  const Server server_{loopback("paths:\n"
                                "  /whole: { handler: { deliver_file: { root: files } } }\n"
                                "  /range: { handler: { deliver_file: { root: files, offset: 1000, size: 2000 } } }\n"),
                       {.files = {{"files/small", "small file\n"},
                                  {"files/empty", ""},
                                  {"files/sub/large", large_},
                                  {"secret", "outside"}},
                        .neighbours = {},
                        .environment = {},
                        .arguments = {}}};
};

TEST_F(Files, arrive_whole_in_any_size) {
  Client client(server_);
  client.send(
      "GET /whole?file=small HTTP/1.1\r\nHost: a\r\n\r\nGET /whole?file=sub/large HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /whole?file=empty HTTP/1.1\r\nHost: a\r\n\r\nGET /whole?file=small HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read().body, "small file\n");
  EXPECT_TRUE(client.read().body == large_);
  EXPECT_EQ(client.read().body, "");
  EXPECT_EQ(client.read().body, "small file\n");
}

TEST_F(Files, arrive_as_the_range_that_was_asked_for) {
  EXPECT_TRUE(get(server_, "/range?file=sub/large").body == large_.substr(1000, 2000));
  EXPECT_EQ(get(server_, "/range?file=small").body, "");
}

TEST_F(Files, announce_their_length_to_head_and_send_nothing) {
  Client client(server_);
  client.send(
      "HEAD /whole?file=sub/large HTTP/1.1\r\nHost: a\r\n\r\nGET /whole?file=small HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.read_without_body();
  EXPECT_EQ(head.field("Content-Length"), "3000000");
  EXPECT_EQ(client.read().body, "small file\n");
}

TEST_F(Files, never_lie_outside_their_root) {
  std::filesystem::create_symlink("../secret", server_.folder() / "files" / "link");
  std::filesystem::create_symlink("small", server_.folder() / "files" / "inner");
  ASSERT_EQ(::mkfifo((server_.folder() / "files" / "fifo").c_str(), 0600), 0);
  const auto absolute = (server_.folder() / "secret").string();
  for (const std::string& name : {std::string("../secret"), std::string("sub/../../secret"), std::string("link"),
                                  std::string("fifo"), std::string("sub"), std::string("missing"), std::string(""),
                                  absolute, std::string("%00small"), std::string("small%00")}) {
    const auto response = get(server_, "/whole?file=" + name);
    EXPECT_EQ(response.status, 404) << name;
    EXPECT_EQ(response.body.find("outside"), std::string::npos) << name;
  }
  EXPECT_EQ(get(server_, "/whole?file=inner").body, "small file\n");
}

TEST_F(Files, leave_no_descriptor_open) {
  const auto open = [&] {
    const auto folder = std::filesystem::path("/proc") / std::to_string(server_.pid()) / "fd";
    return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
  };
  Client client(server_);
  const auto turn = [&] {
    client.send(
        "GET /whole?file=small HTTP/1.1\r\nHost: a\r\n\r\nHEAD /whole?file=small HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /whole?file=empty HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read().body, "small file\n");
    client.read_without_body();
    EXPECT_EQ(client.read().body, "");
  };
  turn();
  const auto before = open();
  for (int count = 0; count < 50; ++count) turn();
  EXPECT_EQ(open(), before);
}

}  // namespace
}  // namespace kirsch::test
