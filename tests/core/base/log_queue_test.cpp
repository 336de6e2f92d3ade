// What waits for a destination: bounded, in order, and whole whatever the destination takes of it.
#include "base/log_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <string>
#include <thread>

namespace kirsch::base {
namespace {

using Append = LogQueue::Append;

// Takes at most `room` bytes, then says `error`.
struct Sink {
  std::string taken;
  std::size_t room = SIZE_MAX;
  int error = EAGAIN;
  std::optional<int> reopened = 0;
  int writes = 0;
  std::function<void()> meanwhile = [] {};
};

class FakeDestination final : public LogDestination {
 public:
  explicit FakeDestination(Sink& sink) : sink_(sink) {}
  void begin(LogLine& line, Level level) const noexcept override {
    line.append(name(level));
    line.append(" ");
  }
  Progress write(std::string_view lines) noexcept override {
    ++sink_.writes;
    sink_.meanwhile();
    const auto size = std::min(lines.size(), sink_.room);
    sink_.taken += lines.substr(0, size);
    sink_.room -= size;
    return {size, size == lines.size() ? 0 : sink_.error};
  }
  std::optional<int> reopen(const LogOpener&) noexcept override {
    if (sink_.reopened == 0) sink_.taken += "[reopened]";
    return sink_.reopened;
  }

 private:
  Sink& sink_;
};

class LogQueueTest : public ::testing::Test {
 protected:
  Sink sink_;
  LogQueue queue_{std::make_unique<FakeDestination>(sink_), 100, 50};
};

TEST_F(LogQueueTest, HandsOverManyLinesAtOnce) {
  EXPECT_EQ(queue_.append(Level::info, "one"), Append::first);
  EXPECT_EQ(queue_.append(Level::error, "two\n"), Append::another);
  EXPECT_EQ(queue_.waiting(), 2U);
  const auto progress = queue_.drain();
  EXPECT_EQ(progress.error, 0);
  EXPECT_EQ(progress.bytes, sink_.taken.size());
  EXPECT_EQ(sink_.taken, "info one\nerror two\\x0a\n");
  EXPECT_EQ(sink_.writes, 1);
  EXPECT_EQ(queue_.waiting(), 0U);
  EXPECT_EQ(queue_.append(Level::info, "three"), Append::first);
}

TEST_F(LogQueueTest, EndsItsTurnThoughLinesComeWithoutEnd) {
  sink_.meanwhile = [this] { EXPECT_EQ(queue_.append(Level::info, "next"), Append::first); };
  queue_.append(Level::info, "one");
  queue_.drain();
  queue_.drain();
  EXPECT_EQ(sink_.taken, "info one\ninfo next\n");
}

TEST_F(LogQueueTest, CutsALineThatIsTooLong) {
  queue_.append(Level::info, std::string(60, 'x'));
  queue_.drain();
  EXPECT_EQ(sink_.taken, "info " + std::string(38, 'x') + " [cut]\n");
}

TEST_F(LogQueueTest, DropsAndCountsWhatHasNoRoom) {
  const std::string line(44, 'x');  // 50 bytes with what stands around it
  EXPECT_NE(queue_.append(Level::info, line), Append::dropped);
  EXPECT_NE(queue_.append(Level::info, line), Append::dropped);
  EXPECT_EQ(queue_.append(Level::info, ""), Append::dropped);
  EXPECT_EQ(queue_.append(Level::info, line), Append::dropped);
  EXPECT_EQ(queue_.take_dropped(), 2U);
  EXPECT_EQ(queue_.take_dropped(), 0U);
  queue_.drain();
  EXPECT_NE(queue_.append(Level::info, line), Append::dropped);
}

TEST_F(LogQueueTest, TellsOnceThatHalfOfItsRoomIsFilled) {
  const std::string line(14, 'x');  // 20 bytes
  EXPECT_EQ(queue_.append(Level::info, line), Append::first);
  EXPECT_EQ(queue_.append(Level::info, line), Append::another);
  EXPECT_EQ(queue_.append(Level::info, line), Append::half);
  EXPECT_EQ(queue_.append(Level::info, line), Append::another);
}

TEST_F(LogQueueTest, CountsWhatTheDestinationDidNotTake) {
  const std::string line(44, 'x');
  queue_.append(Level::info, line);
  queue_.append(Level::info, line);
  sink_.room = 10;
  EXPECT_EQ(queue_.drain().error, EAGAIN);
  EXPECT_EQ(queue_.append(Level::info, "1234"), Append::first) << "ten bytes are free";
  EXPECT_EQ(queue_.append(Level::info, ""), Append::dropped);
  EXPECT_EQ(queue_.waiting(), 3U);
  sink_.room = SIZE_MAX;
  EXPECT_EQ(queue_.drain().error, 0);
  EXPECT_EQ(sink_.taken, "info " + line + "\ninfo " + line + "\ninfo 1234\n");
}

TEST_F(LogQueueTest, KeepsTheLinesOfThreadsApartAndBoundsThemTogether) {
  LogQueue queue(std::make_unique<FakeDestination>(sink_), 100, 50, 4);
  const std::string line(24, 'x');            // 30 bytes
  for (const auto* turn : {"1", "2", "3"}) {  // threads are counted as they come, so these three are in turn
    const std::jthread other([&] { EXPECT_NE(queue.append(Level::info, turn + line), Append::another) << turn; });
  }
  EXPECT_EQ(queue.append(Level::info, line), Append::dropped) << "the room is that of all";
  EXPECT_EQ(queue.waiting(), 3U);
  EXPECT_EQ(queue.take_dropped(), 1U);
  const auto progress = queue.drain();
  EXPECT_EQ(progress.bytes, 93U);
  EXPECT_EQ(sink_.writes, 3);
  for (const auto* text : {"info 1xx", "info 2xx", "info 3xx"}) EXPECT_THAT(sink_.taken, ::testing::HasSubstr(text));
  EXPECT_EQ(queue.waiting(), 0U);
  EXPECT_NE(queue.append(Level::info, line), Append::dropped);
}

TEST_F(LogQueueTest, WritesAHalfWrittenLineWholeToTheNewFile) {
  queue_.append(Level::info, "one");
  queue_.append(Level::info, "two");
  sink_.room = 12;
  sink_.error = ENOSPC;
  EXPECT_EQ(queue_.drain().error, ENOSPC);
  EXPECT_EQ(queue_.reopen({}), 0);
  sink_.room = SIZE_MAX;
  queue_.drain();
  EXPECT_EQ(sink_.taken, "info one\ninf[reopened]info two\n");
  EXPECT_EQ(queue_.append(Level::info, ""), Append::first) << "nothing counts as waiting any more";
}

TEST_F(LogQueueTest, GoesOnInTheMiddleOfALineWhereNothingWasReopened) {
  for (const std::optional<int> reopened : {std::optional(EACCES), std::optional<int>()}) {
    sink_ = Sink{.taken = {}, .room = 3, .reopened = reopened};
    queue_.append(Level::info, "one");
    queue_.drain();
    EXPECT_EQ(queue_.reopen({}), reopened);
    sink_.room = SIZE_MAX;
    queue_.drain();
    EXPECT_EQ(sink_.taken, "info one\n");
  }
}

}  // namespace
}  // namespace kirsch::base
