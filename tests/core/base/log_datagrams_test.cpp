// Syslog and journald as the daemons see them: real sockets, made by the test.
#include "base/log_datagrams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "support/folder.h"

namespace kirsch::base {
namespace {

using ::testing::MatchesRegex;

// A daemon that listens at a path.
class Daemon {
 public:
  explicit Daemon(const std::filesystem::path& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    ::unlink(path.c_str());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  // The next datagram, if one is there.
  std::optional<std::string> next() const {
    std::string bytes(2 * LogLine::largest, '\0');
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size < 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(size));
    return bytes;
  }

 private:
  UniqueFd socket_;
};

class LogDatagramsTest : public ::testing::Test {
 protected:
  std::string line(const LogDestination& log, Level level, std::string_view text) const {
    std::string bytes;
    LogLine made(bytes);
    log.begin(made, level);
    made.append_escaped(text);
    return std::string(made.ended());
  }
  const test::TemporaryFolder folder_;
  const std::string path_ = folder_.path() / "socket";
};

TEST_F(LogDatagramsTest, SpeakRfc3164ToSyslog) {
  const Daemon daemon(path_);
  Syslog log("kirsch", path_);
  const std::pair<Level, int> priorities[] = {
      {Level::debug, 31}, {Level::info, 30}, {Level::warning, 28}, {Level::error, 27}};
  for (const auto& [level, priority] : priorities) {
    EXPECT_EQ(log.write(line(log, level, "net: hello")).error, 0);
    EXPECT_THAT(daemon.next().value(),
                MatchesRegex("<" + std::to_string(priority) + ">[A-Z][a-z][a-z] [ 1-3][0-9] [0-9:]+ kirsch\\[" +
                             std::to_string(::getpid()) + "\\]: net: hello"));
  }
}

TEST_F(LogDatagramsTest, SendEachLineAlone) {
  const Daemon daemon(path_);
  Syslog log("kirsch", path_);
  const auto lines = line(log, Level::info, "one") + line(log, Level::info, "") + line(log, Level::info, "three");
  const auto progress = log.write(lines);
  EXPECT_EQ(progress.bytes, lines.size());
  EXPECT_THAT(daemon.next().value(), MatchesRegex(".*: one"));
  EXPECT_THAT(daemon.next().value(), MatchesRegex(".*: "));
  EXPECT_THAT(daemon.next().value(), MatchesRegex(".*: three"));
  EXPECT_EQ(daemon.next(), std::nullopt);
}

TEST_F(LogDatagramsTest, SpeakTheNativeProtocolToJournald) {
  const Daemon daemon(path_);
  Journald log("kirsch-access", path_);
  const auto lines = line(log, Level::error, "net: hello") + line(log, Level::debug, "a=b");
  EXPECT_EQ(log.write(lines).bytes, lines.size());
  EXPECT_EQ(daemon.next(), "PRIORITY=3\nSYSLOG_IDENTIFIER=kirsch-access\nMESSAGE=net: hello\n");
  EXPECT_EQ(daemon.next(), "PRIORITY=7\nSYSLOG_IDENTIFIER=kirsch-access\nMESSAGE=a=b\n");
}

TEST_F(LogDatagramsTest, LetNoLineForgeAField) {
  const Daemon daemon(path_);
  Journald log("kirsch", path_);
  log.write(line(log, Level::info, "x\nPRIORITY=0\n"));
  EXPECT_EQ(daemon.next(), "PRIORITY=6\nSYSLOG_IDENTIFIER=kirsch\nMESSAGE=x\\x0aPRIORITY=0\\x0a\n");
}

TEST_F(LogDatagramsTest, CarryTheLargestLine) {
  const Daemon daemon(path_);
  Journald log("kirsch", path_);
  EXPECT_EQ(log.write(line(log, Level::info, std::string(2 * LogLine::largest, 'x'))).error, 0);
  EXPECT_GT(daemon.next().value().size(), LogLine::largest);
}

TEST_F(LogDatagramsTest, WaitForADaemonThatIsNotThere) {
  Syslog log("kirsch", path_);
  const auto hello = line(log, Level::info, "hello");
  const auto progress = log.write(hello);
  EXPECT_EQ(progress.error, ENOENT);
  EXPECT_EQ(progress.bytes, 0U);
  const Daemon daemon(path_);
  EXPECT_EQ(log.write(hello).error, 0);
  EXPECT_TRUE(daemon.next());
}

TEST_F(LogDatagramsTest, FindADaemonThatWasRestarted) {
  Syslog log("kirsch", path_);
  const auto hello = line(log, Level::info, "hello");
  {
    const Daemon first(path_);
    EXPECT_EQ(log.write(hello).error, 0);
  }
  EXPECT_EQ(log.write(hello).error, ECONNREFUSED);
  const Daemon second(path_);
  EXPECT_EQ(log.write(hello).error, 0);
  EXPECT_TRUE(second.next());
}

TEST_F(LogDatagramsTest, StopAtADaemonThatDoesNotRead) {
  const Daemon daemon(path_);
  Syslog log("kirsch", path_);
  std::string lines;
  for (int number = 0; number < 20'000; ++number) lines += line(log, Level::info, std::to_string(number));
  const auto progress = log.write(lines);
  EXPECT_EQ(progress.error, EAGAIN);
  ASSERT_LT(progress.bytes, lines.size());
  int seen = 0;
  while (daemon.next()) ++seen;
  EXPECT_EQ(log.write(std::string_view(lines).substr(progress.bytes)).error, EAGAIN);
  EXPECT_THAT(daemon.next().value(), MatchesRegex(".*: " + std::to_string(seen)));
}

// Each prepares lines as its own daemon wants them.
TEST(OpenDestination, GivesSyslogAndJournaldTheirOwnLines) {
  const auto begun = [](LogTarget::Kind kind) {
    LogTarget target;
    target.kind = kind;
    std::string bytes;
    LogLine line(bytes);
    open_destination(target, LogStamp::none, "kirsch")->begin(line, Level::warning);
    line.append_escaped("text");
    return std::string(line.ended());
  };
  EXPECT_THAT(begun(LogTarget::Kind::syslog), MatchesRegex("<28>.* kirsch\\[[0-9]+\\]: text\n"));
  EXPECT_EQ(begun(LogTarget::Kind::journald), "4text\n");
}

}  // namespace
}  // namespace kirsch::base
