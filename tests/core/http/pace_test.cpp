// How fast a client must be: with taking an answer and with sending a body. Time passes when the test says so.
#include <gtest/gtest.h>

#include "wire.h"

namespace kirsch::http {
namespace {

// A connection that sends an answer which its client takes as the test wants.
class Taking {
 public:
  // What the kernel holds at each look of the connection, one turn after the other, the same part of the answer being
  // unsent. False: the connection was reset.
  bool stays(const std::vector<std::uint64_t>& held) {
    Limits limits;
    limits.write_time = std::chrono::milliseconds(0);  // each expiry is a look
    Turns turns(limits);
    Wire wire(turns.loop());
    turns.entrance().on_accept(wire);
    wire.receive("GET /answer HTTP/1.1\r\nHost: a\r\n\r\n");
    std::size_t looks = 0;
    turns.run([&] {
      if (!wire.sending()) return true;
      if (looks == held.size() || wire.gone()) return false;
      EXPECT_TRUE(wire.has_deadline());
      wire.left = 50;
      wire.held = held[looks++];
      wire.expire();
      return true;
    });
    looks_ = looks;
    return !wire.aborted();
  }
  std::size_t looks() const { return looks_; }

 private:
  std::size_t looks_ = 0;
};

TEST(Pace, OfTakingAnAnswerMayBeSlowButSteady) {
  Taking client;
  std::vector<std::uint64_t> held;
  for (std::uint64_t left = 100; left > 0; --left) held.push_back(left * Output::least_taken);
  EXPECT_TRUE(client.stays(held)) << "though the kernel has room for none of what is left";
}

TEST(Pace, OfTakingAnAnswerMayNotBeNothing) {
  Taking client;
  const std::uint64_t megabyte = 1 << 20;
  EXPECT_FALSE(client.stays({megabyte, megabyte, megabyte}));
  EXPECT_EQ(client.looks(), 2U);
  EXPECT_FALSE(client.stays({megabyte, megabyte - Output::least_taken, megabyte - 2 * Output::least_taken + 1, 0}));
  EXPECT_EQ(client.looks(), 3U);
}

TEST(Pace, OfWhatLeftIsCountedToTheByte) {
  for (const std::uint64_t left : {0U, 1U, 30U}) {
    Turns turns;
    Wire wire(turns.loop());
    turns.entrance().on_accept(wire);
    wire.receive("GET /answer HTTP/1.1\r\nHost: a\r\n\r\n");
    turns.run([&] {
      if (!wire.sending()) return true;
      wire.left = left;
      wire.lose();
      return false;
    });
    const std::size_t body = wire.sent().size() - wire.sent().find("\r\n\r\n") - 4;
    ASSERT_GT(body, 30U);
    EXPECT_EQ(turns.recorder().body_sent, std::vector<std::uint64_t>{body - left});
  }
}

// The answer to a body whose second byte comes two milliseconds after the first.
std::string answer_to_dribble(std::uint32_t rate, std::chrono::milliseconds grace) {
  Limits limits;
  limits.body_rate = rate;
  limits.body_grace = grace;
  Turns turns(limits);
  Wire wire(turns.loop());
  turns.entrance().on_accept(wire);
  std::optional<base::SteadyTime> begin;
  turns.run([&] {
    if (!begin) {
      wire.receive("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nx");
      begin = turns.loop().now();
      return true;
    }
    if (turns.loop().now() < *begin + std::chrono::milliseconds(2)) return true;
    wire.receive("x");
    return false;
  });
  return wire.sent().substr(0, 12);
}

TEST(Pace, OfABodyMayNotBeBelowTheRateOnceItsGraceIsOver) {
  using std::chrono_literals::operator""ms;
  constexpr std::uint32_t unreachable = 1'000'000'000;
  EXPECT_EQ(answer_to_dribble(unreachable, 0ms), "HTTP/1.1 408");
  EXPECT_EQ(answer_to_dribble(unreachable, 3'600'000ms), "") << "it is still being read";
  EXPECT_EQ(answer_to_dribble(1, 0ms), "");
  EXPECT_EQ(answer_to_dribble(0, 0ms), "") << "no rate is asked for";
}

}  // namespace
}  // namespace kirsch::http
