// Every case of tests/support/framing against connections in memory: whole, cut at every byte, in single bytes, and
// behind a good request. What follows a bad message is never executed.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "support/framing_cases.h"
#include "wire.h"

namespace kirsch::http {
namespace {

using test::FramingAnswer;
using test::FramingCase;

const std::string good = "GET /before HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string canary = "GET /canary HTTP/1.1\r\nHost: a\r\n\r\n";

// How one connection went.
struct Course {
  std::string answers;                // without their Date, which may change between two courses
  std::vector<std::string> executed;  // see Recorder
  bool open = false;                  // the server was ready for another request when all bytes were sent
  bool ended = false;                 // and the connection was over, orderly, when the client had ended too
  bool operator==(const Course&) const = default;
};

// One connection: sends the pieces of `bytes` between `cuts`, a turn each, and then ends.
class Conversation {
 public:
  Conversation(Turns& turns, std::string_view bytes, std::vector<std::size_t> cuts, bool end_at_once)
      : turns_(turns), wire_(turns.loop()), bytes_(bytes), cuts_(std::move(cuts)), end_at_once_(end_at_once) {
    cuts_.push_back(bytes_.size());
    turns_.recorder().executed.clear();
    turns_.entrance().on_accept(wire_);
  }

  // False when it is over.
  bool step() {
    if (wire_.gone()) return false;
    if (wire_.sending()) {
      wire_.take();
      idle_ = 0;
    } else if (next_ < cuts_.size() && wire_.reading()) {
      const std::size_t from = next_ == 0 ? 0 : cuts_[next_ - 1];
      const std::string_view piece = bytes_.substr(from, cuts_[next_++] - from);
      if (!piece.empty()) wire_.receive(piece);
      idle_ = 0;
    } else if (!ended_ && wire_.reading() && (end_at_once_ || idle_ == 2)) {
      course_.open = !wire_.shut();
      wire_.end();
      ended_ = true;
      idle_ = 0;
    } else {
      return ++idle_ <= 4;  // it hangs
    }
    return true;
  }

  Course course() {
    course_.ended = wire_.gone() && !wire_.aborted();
    course_.answers = wire_.sent();
    constexpr std::size_t date_line = 37;
    for (std::size_t at = 0; (at = course_.answers.find("\r\nDate: ", at)) != std::string::npos;) {
      course_.answers.erase(at + 2, date_line);
    }
    course_.executed = turns_.recorder().executed;
    return course_;
  }

 private:
  Turns& turns_;
  Wire wire_;
  const std::string_view bytes_;
  std::vector<std::size_t> cuts_;
  const bool end_at_once_;
  std::size_t next_ = 0;
  int idle_ = 0;
  bool ended_ = false;
  Course course_;
};

// Takes one answer off the front of `text`.
struct Answer {
  int status = 0;
  bool close = false;  // it says so
  std::string body;
};
Answer next_answer(std::string_view& text, bool without_body) {
  Answer answer;
  std::from_chars(text.data() + std::min<std::size_t>(text.size(), 9), text.data() + text.size(), answer.status);
  const std::size_t end = text.find("\r\n\r\n");
  EXPECT_NE(end, text.npos) << text;
  if (end == text.npos) return answer;
  const std::string_view head = text.substr(0, end);
  text.remove_prefix(end + 4);
  answer.close = head.find("\r\nConnection: close") != head.npos;
  std::size_t size = 0;
  const std::size_t length = head.find("\r\nContent-Length: ");
  if (length != head.npos) std::from_chars(head.data() + length + 18, head.data() + head.size(), size);
  if (without_body) return answer;
  EXPECT_GE(text.size(), size);
  answer.body = text.substr(0, size);
  text.remove_prefix(std::min(size, text.size()));
  return answer;
}

void expect_report(const std::string& report, const FramingAnswer& expected) {
  bool body = false;
  for (const std::string& line : expected.reports) {
    EXPECT_NE(("\n" + report).find("\n" + line + "\n"), std::string::npos) << line << "\nnot in\n" << report;
    body = body || line.starts_with("body: ");
  }
  EXPECT_TRUE(body || report.ends_with("\nbody: \n")) << report;
}

void expect_answers(const FramingCase& one, const Course& course, bool behind_good) {
  std::string_view rest = course.answers;
  if (behind_good) {
    EXPECT_EQ(next_answer(rest, false).status, 200);
  }
  for (const FramingAnswer& expected : one.answers) {
    const Answer answer = next_answer(rest, expected.without_body);
    EXPECT_EQ(answer.status, expected.status);
    if (expected.status >= 400) {
      EXPECT_EQ(answer.close, !one.open);
    }
    if (expected.status == 200 && !expected.without_body) expect_report(answer.body, expected);
  }
  if (one.open) {
    EXPECT_EQ(next_answer(rest, false).status, 200) << "the canary's";
  }
  EXPECT_EQ(rest, "");
  const auto canaries = std::count(course.executed.begin(), course.executed.end(), "GET /canary");
  EXPECT_EQ(canaries, one.open ? 1 : 0);
  EXPECT_TRUE(course.ended);
  if (!one.ends) {
    EXPECT_EQ(course.open, one.open);
  }
}

// One connection for each way to cut `bytes`, one after the other.
std::vector<Course> converse(const std::string& bytes, const std::vector<std::vector<std::size_t>>& ways,
                             bool end_at_once) {
  Turns turns;
  std::vector<Course> courses;
  std::optional<Conversation> conversation;
  turns.run([&] {
    if (!conversation) conversation.emplace(turns, bytes, ways[courses.size()], end_at_once);
    if (conversation->step()) return true;
    courses.push_back(conversation->course());
    EXPECT_EQ(turns.connections().count(), 0U);
    EXPECT_EQ(turns.recorder().open(), 0U);
    conversation.reset();
    return courses.size() < ways.size();
  });
  return courses;
}

std::string message(const FramingCase& one) { return one.ends ? one.bytes : one.bytes + canary; }

// A cut costs a conversation, so all cuts cost the square of a text's size: minutes for the longest ones. Those are,
// but for a few bytes, runs of one character. Inside of these one cut is like the next, and only some are made; that a
// limit falls on every side of a cut is seen in the shorter ones.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t long_text = 150;
constexpr std::size_t very_long_text = long_text;
constexpr std::size_t each = 3;  // of the cuts
#else
constexpr std::size_t long_text = 2000;
constexpr std::size_t very_long_text = 5000;
constexpr std::size_t each = 1;
#endif

// Nothing cut; then every single cut behind `from`; then single bytes.
std::vector<std::vector<std::size_t>> ways_to_cut(const std::string& bytes, std::size_t from) {
  std::vector<std::vector<std::size_t>> ways = {{}};
  const std::size_t everywhere = from == 0 ? very_long_text : long_text;
  const std::size_t stride = bytes.size() > everywhere ? bytes.size() / 50 : each;
  for (std::size_t cut = from + 1; cut < bytes.size(); ++cut) {
    if (cut % stride == 0 || (cut % each == 0 && bytes[cut - 1] != bytes[cut])) ways.push_back({cut});
  }
  ways.emplace_back();
  for (std::size_t cut = from + 1; cut < bytes.size(); ++cut) ways.back().push_back(cut);
  return ways;
}

TEST(Framing, HasManyCasesAndNoTwoOfOneName) {
  std::vector<std::string> names;
  for (const FramingCase& one : test::framing_cases()) names.push_back(one.name);
  EXPECT_GE(names.size(), 1000U);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end())
      << *std::adjacent_find(names.begin(), names.end());
}

TEST(Framing, OfEachCaseIsAnsweredAsTheTableSays) {
  for (const FramingCase& one : test::framing_cases()) {
    SCOPED_TRACE(one.name);
    expect_answers(one, converse(message(one), {{}}, one.ends).front(), false);
  }
}

TEST(Framing, OfEachCaseIsTheSameHoweverItIsCut) {
  for (const FramingCase& one : test::framing_cases()) {
    const std::string bytes = message(one);
    const auto ways = ways_to_cut(bytes, 0);
    const std::vector<Course> courses = converse(bytes, ways, one.ends);
    for (std::size_t way = 1; way < ways.size(); ++way) {
      ASSERT_EQ(courses[way].answers, courses[0].answers) << one.name << ", cut at " << ways[way].front();
      ASSERT_EQ(courses[way], courses[0]) << one.name << ", cut at " << ways[way].front();
    }
  }
}

TEST(Framing, OfEachCaseIsTheSameBehindAGoodRequestHoweverItIsCut) {
  for (const FramingCase& one : test::framing_cases()) {
    SCOPED_TRACE(one.name);
    const std::string bytes = good + message(one);
    const auto ways = ways_to_cut(bytes, good.size() - 1);
    const std::vector<Course> courses = converse(bytes, ways, one.ends);
    expect_answers(one, courses[0], true);
    for (std::size_t way = 1; way < ways.size(); ++way) {
      ASSERT_EQ(courses[way].answers, courses[0].answers) << "cut at " << ways[way].front();
      ASSERT_EQ(courses[way], courses[0]) << "cut at " << ways[way].front();
    }
  }
}

}  // namespace
}  // namespace kirsch::http
