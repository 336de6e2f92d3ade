// The load generator's judge: what it takes for an answer, and what it does not.
#include "load/answer_reader.h"

#include <gmock/gmock.h>

#include <vector>

namespace kirsch::load {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Read {
  std::vector<Answer> answers;
  std::string fault;
};

// Reads `input` in pieces of `size`, and the end of the connection behind it.
Read read_in_pieces(std::string_view input, std::size_t size) {
  Read read;
  AnswerReader reader;
  while (!input.empty() && !reader.faulty()) {
    auto piece = input.substr(0, size);
    input.remove_prefix(piece.size());
    while (!piece.empty() && !reader.faulty()) {
      if (const auto answer = reader.read(piece)) read.answers.push_back(*answer);
    }
  }
  if (const auto answer = reader.end()) read.answers.push_back(*answer);
  read.fault = reader.fault();
  return read;
}

auto answer(unsigned status, std::uint64_t body) {
  return ::testing::AllOf(Field(&Answer::status, status), Field(&Answer::body, body));
}

class EveryCut : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(AnswerReader, EveryCut, ::testing::Values(1, 2, 3, 7, 1000));

TEST_P(EveryCut, counts_bodies_with_a_length) {
  constexpr std::string_view input =
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n";
  const auto read = read_in_pieces(input, GetParam());
  EXPECT_THAT(read.answers, ElementsAre(answer(200, 5), answer(404, 0)));
  EXPECT_EQ(read.fault, "");
  EXPECT_EQ(read.answers[0].bytes + read.answers[1].bytes, input.size());
  EXPECT_FALSE(read.answers[0].last);
}

TEST_P(EveryCut, counts_chunked_bodies_without_their_framing) {
  constexpr std::string_view input =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nX: y\r\n\r\n"
      "HTTP/1.1 204 No Content\r\n\r\n";
  const auto read = read_in_pieces(input, GetParam());
  EXPECT_THAT(read.answers, ElementsAre(answer(200, 15), answer(204, 0)));
  EXPECT_EQ(read.fault, "");
  EXPECT_EQ(read.answers[0].bytes + read.answers[1].bytes, input.size());
}

TEST_P(EveryCut, counts_a_body_that_the_end_of_the_connection_ends) {
  const auto read = read_in_pieces("HTTP/1.1 200 OK\r\n\r\nhello", GetParam());
  EXPECT_THAT(read.answers, ElementsAre(answer(200, 5)));
  EXPECT_TRUE(read.answers[0].last);
  EXPECT_EQ(read.fault, "");
}

TEST_P(EveryCut, gives_interim_answers_apart) {
  const auto read =
      read_in_pieces("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", GetParam());
  EXPECT_THAT(read.answers, ElementsAre(answer(100, 0), answer(200, 1)));
}

TEST(AnswerReader, knows_the_last_answer_of_a_connection) {
  EXPECT_TRUE(
      read_in_pieces("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n", 99).answers.at(0).last);
  EXPECT_TRUE(read_in_pieces("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 99).answers.at(0).last);
  EXPECT_FALSE(
      read_in_pieces("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", 99).answers.at(0).last);
}

TEST_P(EveryCut, finds_what_is_no_answer) {
  const std::pair<std::string_view, const char*> cases[] = {
      {"hello, I am no HTTP server\r\n\r\n", "no answer of HTTP/1"},
      {"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", "no answer of HTTP/1"},
      {"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n", "Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "twice"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "beside chunked"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding"},
      {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "no name"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n", "no size"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n", "longer than its size"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\nhel\r\n0\r\n\r\n", "CR LF"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", "ended within an answer"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "ended within an answer"},
      {"HTTP/1.1 200 OK\r\nContent-Le", "ended within an answer"},
  };
  for (const auto& [input, sentence] : cases) {
    const auto read = read_in_pieces(input, GetParam());
    EXPECT_THAT(read.fault, HasSubstr(sentence)) << input;
    EXPECT_THAT(read.answers, IsEmpty()) << input;
  }
}

TEST(AnswerReader, finds_bytes_behind_an_answer_that_are_none) {
  const auto read = read_in_pieces("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world\r\n\r\n", 99);
  EXPECT_THAT(read.answers, ElementsAre(answer(200, 5)));
  EXPECT_THAT(read.fault, HasSubstr("no answer"));
}

TEST(AnswerReader, takes_frames_for_answers_once_it_is_told) {
  AnswerReader reader;
  reader.become_frames();
  const std::string bytes = std::string("\x82\x02hi", 4) + std::string("\x81\x00", 2) +
                            std::string("\x82\x7E\x01\x00", 4) + std::string(256, 'x') + "\x88";
  std::vector<std::uint64_t> bodies;
  for (const char byte : bytes) {
    std::string_view piece(&byte, 1);
    if (const auto one = reader.read(piece)) bodies.push_back(one->body);
  }
  EXPECT_THAT(bodies, ElementsAre(2, 0, 256));
  std::string_view rest(std::string_view("\0", 1));
  reader.read(rest);
  EXPECT_THAT(reader.fault(), HasSubstr("no whole message"));
}

TEST(AnswerReader, finds_a_head_without_end) {
  AnswerReader reader;
  const std::string line = "X-Field: " + std::string(1000, 'x') + "\r\n";
  std::string_view start = "HTTP/1.1 200 OK\r\n";
  reader.read(start);
  for (int number = 0; number < 100; ++number) {
    std::string_view piece = line;
    reader.read(piece);
  }
  EXPECT_THAT(reader.fault(), HasSubstr("no end"));
}

}  // namespace
}  // namespace kirsch::load
