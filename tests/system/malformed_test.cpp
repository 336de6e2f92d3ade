// Messages that could mean different things to different parsers: one answer, the end, and nothing after it is done.
#include <gtest/gtest.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

struct Malformed {
  const char* name;
  const char* message;
  int status = 400;
};
const Malformed malformed[] = {
    {"no_host", "GET /inspect HTTP/1.1\r\n\r\n"},
    {"two_hosts", "GET /inspect HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
    {"bad_host", "GET /inspect HTTP/1.1\r\nHost: u@a\r\n\r\n"},
    {"space_before_colon", "GET /inspect HTTP/1.1\r\nHost : a\r\n\r\n"},
    {"folded_field", "GET /inspect HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"},
    {"bare_line_feed", "GET /inspect HTTP/1.1\nHost: a\n\n"},
    {"bare_carriage_return", "GET /inspect HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"},
    {"control_character", "GET /inspect HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n"},
    {"two_spaces", "GET  /inspect HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"no_version", "GET /inspect\r\nHost: a\r\n\r\n"},
    {"strange_version", "GET /inspect HTTP/1.10\r\nHost: a\r\n\r\n"},
    {"version_2", "GET /inspect HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"fragment", "GET /inspect#top HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"broken_escape", "GET /inspect%zz HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"escaped_nul", "GET /inspect%00 HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"above_the_root", "GET /../inspect HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"two_lengths", "POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n"},
    {"signed_length", "POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n"},
    {"length_and_chunked",
     "POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"unknown_coding", "POST /inspect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
    {"chunked_not_last", "POST /inspect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"},
    {"chunked_in_1_0", "POST /inspect HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"bad_chunk_size", "POST /inspect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"},
    {"chunk_too_long", "POST /inspect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"},
    {"bytes_of_tls", "\x16\x03\x01\x02\x01\x01"},
};

class MalformedMessage : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedMessage, gets_one_answer_and_nothing_after_it_is_executed) {
  const Server server(
      loopback("server: { loops: 1 }\npaths: { /inspect: { handler: { inspect: {} } }, /count: { handler: { visits: {} "
               "} } }\n"));
  const std::string count = "GET /count HTTP/1.1\r\nHost: a\r\n\r\n";
  Client client(server);
  client.send(GetParam().message + count + count);
  const auto response = client.read();
  EXPECT_EQ(response.status, GetParam().status);
  EXPECT_EQ(response.field("Connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(get(server, "/count").body, "1") << "what stood behind the message was executed";
}

INSTANTIATE_TEST_SUITE_P(Each, MalformedMessage, ::testing::ValuesIn(malformed),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace kirsch::test
