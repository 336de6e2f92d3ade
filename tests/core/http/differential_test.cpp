// Boost.Beast as the second opinion: what we accept it accepts too, with the same fields and the same body. It may
// accept more; we are meant to be stricter.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // false alarm inside Beast's optional limits
#endif

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/beast/http.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "http/body_decoder.h"
#include "http/characters.h"
#include "http/parser.h"

namespace kirsch::http {
namespace {

namespace beast = boost::beast::http;

struct Message {
  bool accepted = false;
  std::string method, target, body;
  std::vector<std::pair<std::string, std::string>> fields;
  std::size_t size = 0;
  bool trailers = false;
};

Message ours(std::string bytes) {
  Message message;
  const Limits limits;
  HeadParser parser(limits);
  if (parser.parse(bytes.data(), bytes.size()) != ParseResult::complete) return message;
  const RequestHead& head = parser.head();
  BodyDecoder decoder(limits);
  if (head.chunked) {
    decoder.begin_chunked();
  } else {
    decoder.begin_length(head.content_length.value_or(0));
  }
  message.size = parser.size();
  while (true) {
    const auto result = decoder.decode(std::string_view(bytes).substr(message.size));
    message.size += decoder.consumed();
    if (result == BodyDecoder::Result::data) {
      message.body += decoder.data();
      continue;
    }
    if (result != BodyDecoder::Result::complete) return message;
    break;
  }
  message.accepted = true;
  message.method = head.method_name;
  message.target = head.target;
  for (const kirsch_field& field : head.fields) message.fields.emplace_back(name(field), value(field));
  return message;
}

Message theirs(std::string_view bytes) {
  Message message;
  beast::request_parser<beast::string_body> parser;
  parser.eager(true);
  parser.header_limit(UINT32_MAX);
  parser.body_limit(UINT64_MAX);
  boost::beast::error_code error;
  message.size = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error || !parser.is_done()) return message;
  message.accepted = true;
  message.trailers = parser.chunked();
  message.method = std::string(parser.get().method_string());
  message.target = std::string(parser.get().target());
  message.body = parser.get().body();
  for (const auto& field : parser.get().base()) {
    message.fields.emplace_back(field.name_string(), field.value());
  }
  return message;
}

// Reproducible everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t bound) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state_ >> 33) % bound;
  }

 private:
  std::uint64_t state_;
};

const std::vector<std::string> seeds = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\nGET /a?b=c HTTP/1.1\r\nHost: a.b:80\r\nAccept: */*\r\nUser-Agent: x y z\r\n\r\n",
    "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
    "PUT http://a/x HTTP/1.1\r\nHost: a\r\nConnection: close, x\r\nContent-Length: 0\r\n\r\n",
    "OPTIONS * HTTP/1.0\r\nConnection: keep-alive\r\nX-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n",
    "DELETE /x HTTP/1.1\r\nHost: [::1]:80\r\nExpect: 100-continue\r\nUpgrade: w\r\nConnection: upgrade\r\n\r\n",
};

const std::vector<std::string> snippets = {"\r\n",
                                           "\n",
                                           "\r",
                                           " ",
                                           "\t",
                                           ":",
                                           ",",
                                           "0",
                                           "5",
                                           std::string(1, '\0'),
                                           "\x7f",
                                           "\x80",
                                           "%00",
                                           "HTTP",
                                           "/",
                                           "chunked",
                                           ";a=b",
                                           "\"",
                                           "\\",
                                           "#",
                                           "Content-Length: 5\r\n",
                                           "X: y",
                                           "\v",
                                           "a@",
                                           "1.1\r",
                                           "\r\n\r\n ",
                                           "identity, ",
                                           "+",
                                           "-1",
                                           "Transfer-Encoding: chunked\r\n",
                                           "Host: a\r\n"};

std::string mutated(Random& random) {
  std::string message = seeds[random.below(seeds.size())];
  for (std::size_t count = 1 + random.below(3); count != 0; --count) {
    const std::size_t at = random.below(message.size());
    const std::string& snippet = snippets[random.below(snippets.size())];
    switch (random.below(5)) {
      case 0:
        message[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        message.insert(at, snippet);
        break;
      case 2:
        message.erase(at, 1 + random.below(3));
        break;
      case 3:
        message.replace(at, std::min(snippet.size(), message.size() - at), snippet);
        break;
      default:
        message.insert(at, message.substr(at, random.below(20)));
        break;
    }
    if (message.empty()) message = "G";
  }
  return message;
}

// What we take and Beast does not, each with its reason.
bool known_exception(const std::string& message) {
  // RFC 9112 §2.2: an empty line ahead is forgiven once. Beast knows none.
  if (message.rfind("\r\n", 0) == 0) return true;
  // RFC 9112 §2.3: minor versions above 1 are handled as 1. Beast knows 1.0 and 1.1 only.
  const std::size_t version = message.find(" HTTP/1.");
  if (version != std::string::npos && message[version + 8] > '1') return true;
  // RFC 9110 §6.5.1: framing fields in a trailer are dropped. Beast takes trailers for fields of the head.
  const std::size_t trailer = message.find("\r\n0\r\n");
  if (trailer == std::string::npos) return false;
  std::string text = message.substr(trailer);
  std::transform(text.begin(), text.end(), text.begin(), lower);
  for (const char* name : {"content-length:", "transfer-encoding:", "connection:", "upgrade:"}) {
    if (text.find(name) != std::string::npos) return true;
  }
  return false;
}

TEST(Differential, BeastAcceptsWhatWeAcceptAndSeesTheSame) {
  Random random(20'240'612);
  std::size_t accepted = 0;
  for (int i = 0; i < 60'000; ++i) {
    const std::string message =
        i < static_cast<int>(seeds.size()) ? seeds[static_cast<std::size_t>(i)] : mutated(random);
    const Message mine = ours(message);
    if (!mine.accepted || known_exception(message)) continue;
    ++accepted;
    const Message other = theirs(message);
    SCOPED_TRACE(message);
    ASSERT_TRUE(other.accepted);
    ASSERT_EQ(other.method, mine.method);
    ASSERT_TRUE(equal_ignoring_case(other.target, mine.target));
    ASSERT_EQ(other.body, mine.body);
    ASSERT_EQ(other.size, mine.size);
    for (const auto& [name, value] : mine.fields) {
      std::size_t mine_count = 0;
      std::size_t their_count = 0;
      for (const auto& field : mine.fields) {
        mine_count += equal_ignoring_case(field.first, name) && equal_ignoring_case(field.second, value);
      }
      for (const auto& field : other.fields) {
        their_count += equal_ignoring_case(field.first, name) && equal_ignoring_case(field.second, value);
      }
      if (other.trailers) {
        ASSERT_LE(mine_count, their_count) << name;  // Beast adds the trailers to the fields of the head
      } else {
        ASSERT_EQ(mine_count, their_count) << name;
      }
    }
  }
  EXPECT_GT(accepted, 3'000U);  // the corpus must not be all noise
}

}  // namespace
}  // namespace kirsch::http
