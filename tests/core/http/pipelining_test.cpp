// Requests sent ahead, and bodies that are read in part: what a client may have the server hold, and that no byte of a
// body becomes a request.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "wire.h"

namespace kirsch::http {
namespace {

// Reproducible everywhere.
class Random {
 public:
  std::size_t below(std::size_t bound) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state_ >> 33) % bound;
  }

 private:
  std::uint64_t state_ = 20'260'918;
};

TEST(Pipelining, HoldsAClientBackThatReadsNothingAndThenAnswersAll) {
  constexpr std::size_t count = 1000;
  constexpr std::size_t piece = 64 << 10;
  std::string requests;
  for (std::size_t i = 0; i < count; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'x') + "\r\n\r\n";
  }
  Limits limits;
  limits.requests = count + 1;
  Turns turns(limits);
  Wire wire(turns.loop());
  turns.entrance().on_accept(wire);
  std::string_view rest = requests;
  const auto send_on = [&] {
    if (!wire.reading() || rest.empty()) return false;
    wire.receive(rest.substr(0, piece));
    rest.remove_prefix(std::min(piece, rest.size()));
    return true;
  };
  bool reads = false;
  int idle = 0;
  turns.run([&] {
    EXPECT_LE(turns.recorder().open(), 1U);
    if (send_on()) return true;
    if (!reads) {
      EXPECT_FALSE(wire.reading()) << "it reads on for a client that reads nothing";
      EXPECT_EQ(turns.recorder().executed.size(), 1U);
      EXPECT_LE(requests.size() - rest.size(), limits.read_ahead + piece);
      reads = true;
    }
    if (wire.sending()) {
      wire.take();
      idle = 0;
      return true;
    }
    return ++idle < 3;
  });
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < count; ++i) expected.push_back("GET /" + std::to_string(i));
  EXPECT_EQ(turns.recorder().executed, expected);
  std::size_t answers = 0;
  for (std::size_t at = 0; (at = wire.sent().find("HTTP/1.1 200 OK\r\n", at)) != std::string::npos; ++at) ++answers;
  EXPECT_EQ(answers, count);
  EXPECT_FALSE(wire.shut());
}

// A body of requests, framed by a length or in chunks of random sizes.
std::string message_with(Random& random, const std::string& path, std::size_t size) {
  const std::string inside = "GET /inside HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string body;
  while (body.size() < size) body += inside;
  body.resize(size);
  const std::string head = "POST " + path + " HTTP/1.1\r\nHost: a\r\n";
  if (random.below(2) == 0) return head + "Content-Length: " + std::to_string(size) + "\r\n\r\n" + body;
  std::string message = head + "Transfer-Encoding: chunked\r\n\r\n";
  while (!body.empty()) {
    const std::size_t chunk = 1 + random.below(body.size());
    char line[16];
    message.append(line, static_cast<std::size_t>(std::snprintf(line, sizeof line, "%zx\r\n", chunk)));
    message.append(body, 0, chunk).append("\r\n");
    body.erase(0, chunk);
  }
  return message + "0\r\n\r\n";
}

TEST(Pipelining, NeverBeginsARequestInsideABodyHoweverMuchOfItIsRead) {
  Random random;
  for (int round = 0; round < 3000; ++round) {
    const std::size_t size = random.below(1200);  // at times over the limit of the body
    const std::string path = random.below(4) == 0 ? "/folder" : "/early/" + std::to_string(random.below(1200));
    const std::string bytes = message_with(random, path, size) + "GET /canary HTTP/1.1\r\nHost: a\r\n\r\n";
    Turns turns;
    Wire wire(turns.loop());
    turns.entrance().on_accept(wire);
    std::string_view rest = bytes;
    bool ended = false;
    turns.run([&] {
      if (wire.gone()) return false;
      if (wire.sending()) {
        wire.take();
      } else if (!rest.empty() && wire.reading()) {
        const std::size_t piece = 1 + random.below(rest.size());
        wire.receive(rest.substr(0, piece));
        rest.remove_prefix(piece);
      } else if (!ended && wire.reading()) {
        wire.end();
        ended = true;
      }
      return true;
    });
    SCOPED_TRACE(bytes.substr(0, 100));
    ASSERT_FALSE(wire.aborted());
    const auto& executed = turns.recorder().executed;
    ASSERT_EQ(executed.front(), "POST " + path);
    const bool may_close = path != "/folder" && size > Recorder::body_limit;
    if (executed.size() == 1 && may_close) continue;
    ASSERT_EQ(executed.size(), 2U) << wire.sent();
    ASSERT_EQ(executed.back(), "GET /canary");
  }
}

TEST(Pipelining, DoesNotTakeAnEmptyLineForABegunRequest) {
  for (const auto& [begun, answer] : {std::pair("\r\n", ""), std::pair("\r", ""), std::pair("\r\nG", "HTTP/1.1 408")}) {
    Turns turns;
    Wire wire(turns.loop());
    turns.entrance().on_accept(wire);
    int turn = 0;
    turns.run([&, begun = begun] {
      if (turn == 0) wire.receive(begun);
      if (turn == 1) wire.expire();
      if (turn == 2 && wire.sending()) wire.take();
      if (turn == 3 && !wire.gone()) wire.end();
      return ++turn < 4;
    });
    EXPECT_EQ(wire.sent().substr(0, 12), answer);
    EXPECT_TRUE(wire.gone());
  }
}

// The answer before it may have left just when the client's end arrives.
TEST(Pipelining, AnswersWhatCameBeforeTheEndOfTheClient) {
  Turns turns;
  Wire wire(turns.loop());
  turns.entrance().on_accept(wire);
  wire.receive("GET /one HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\nGET /cut");
  bool ended = false;
  turns.run([&] {
    if (!wire.sending()) return !wire.shut();
    wire.take();
    if (!std::exchange(ended, true)) wire.end();
    return !wire.shut();
  });
  EXPECT_EQ(turns.recorder().executed, (std::vector<std::string>{"GET /one", "GET /two"}));
  EXPECT_EQ(turns.recorder().body_sent.size(), 2U);
}

}  // namespace
}  // namespace kirsch::http
