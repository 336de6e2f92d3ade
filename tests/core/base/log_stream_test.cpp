// Logs in real files, pipes and FIFOs: whole lines, no waiting, and files that are opened anew.
#include "base/log_stream.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "base/unique_fd.h"
#include "support/folder.h"

namespace kirsch::base {
namespace {

using test::contents_of;
using test::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

LogTarget file_target(const std::filesystem::path& path) {
  return {.kind = LogTarget::Kind::file, .path = path, .origin = {}};
}

// A pipe: what a test reads of what stands for standard error.
struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  std::string read(std::size_t most) const {
    std::string text(most, '\0');
    const ssize_t size = ::read(reader.get(), text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
  UniqueFd reader, writer;
};

std::string begun(const LogDestination& destination, Level level) {
  std::string bytes;
  LogLine line(bytes);
  destination.begin(line, level);
  line.append_escaped("net: hello");
  return std::string(line.ended());
}

TEST(LogStreamTest, StampsTimeAndLevelOnlyWhereAsked) {
  constexpr auto stamped = "....-..-..T..:..:..\\....Z warning net: hello\n";
  EXPECT_THAT(begun(StandardError(LogStamp::time_and_level), Level::warning), MatchesRegex(stamped));
  EXPECT_EQ(begun(StandardError(LogStamp::none), Level::warning), "net: hello\n");
  const TemporaryFolder folder;
  const auto target = file_target(folder.path() / "log");
  EXPECT_THAT(begun(LogFile(target, LogStamp::time_and_level), Level::warning), MatchesRegex(stamped));
  EXPECT_EQ(begun(LogFile(target, LogStamp::none), Level::info), "net: hello\n");
}

TEST(StandardErrorTest, StopsWhereThePipeIsFullAndGoesOnThere) {
  const Pipe pipe;
  StandardError log(LogStamp::none, pipe.writer.get());
  std::string lines;
  while (lines.size() < 300'000) lines += "line " + std::to_string(lines.size()) + "\n";
  const auto progress = log.write(lines);
  EXPECT_EQ(progress.error, EAGAIN);
  EXPECT_GT(progress.bytes, 0U);
  ASSERT_LT(progress.bytes, lines.size());
  EXPECT_EQ(lines[progress.bytes - 1], '\n') << "lines shorter than PIPE_BUF are never torn";
  std::string seen;
  std::size_t written = progress.bytes;
  while (seen.size() < lines.size()) {
    seen += pipe.read(65536);
    written += log.write(std::string_view(lines).substr(written)).bytes;
  }
  EXPECT_EQ(seen, lines);
}

TEST(StandardErrorTest, WritesALineLongerThanAPipeKeepsTogether) {
  const Pipe pipe;
  StandardError log(LogStamp::none, pipe.writer.get());
  const std::string line = std::string(20'000, 'x') + "\n";
  EXPECT_EQ(log.write(line).bytes, line.size());
  std::string seen;
  while (seen.size() < line.size()) seen += pipe.read(65536);
  EXPECT_EQ(seen, line);
}

TEST(StandardErrorTest, TellsThatItsReaderHasGone) {
  Pipe pipe;
  std::signal(SIGPIPE, SIG_IGN);
  pipe.reader.reset();
  EXPECT_EQ(StandardError(LogStamp::none, pipe.writer.get()).write("x\n").error, EPIPE);
  EXPECT_EQ(StandardError(LogStamp::none).reopen({}), std::nullopt);
}

TEST(LogFileTest, AppendsToWhatIsThereAndMakesWhatIsNot) {
  const TemporaryFolder folder;
  const auto path = folder.write("old.log", "before\n");
  LogFile old(file_target(path), LogStamp::none);
  EXPECT_EQ(old.write("one\ntwo\n").bytes, 8U);
  EXPECT_EQ(contents_of(path), "before\none\ntwo\n");
  const auto made = folder.path() / "new.log";
  const LogFile fresh(file_target(made), LogStamp::none);
  struct stat status {};
  ASSERT_EQ(::stat(made.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777 & ~0640U, 0U);
}

TEST(LogFileTest, RefusesWhatCannotBeOpened) {
  const TemporaryFolder folder;
  LogTarget target = file_target(folder.path() / "missing" / "x.log");
  target.origin = {"kirsch.yaml", 3, 9, 1};
  try {
    const LogFile file(target, LogStamp::none);
    FAIL();
  } catch (const Refusal& refusal) {
    const auto& found = refusal.diagnostics().front();
    EXPECT_THAT(found.message, HasSubstr(target.path + " cannot be opened: No such file or directory"));
    EXPECT_EQ(found.position->line, 3U);
    EXPECT_EQ(found.exit_code, ExitCode::bind_or_permission);
  }
  EXPECT_THROW(LogFile(file_target(folder.path()), LogStamp::none), Refusal) << "a folder";
}

TEST(LogFileTest, FollowsNoLinkAsRoot) {
  const TemporaryFolder folder;
  const auto victim = folder.write("victim", "");
  const auto link = folder.path() / "link.log";
  std::filesystem::create_symlink(victim, link);
  if (::geteuid() != 0) {
    EXPECT_EQ(LogFile(file_target(link), LogStamp::none).write("x\n").bytes, 2U);
    EXPECT_EQ(contents_of(victim), "x\n");
    return;
  }
  try {
    const LogFile file(file_target(link), LogStamp::none);
    FAIL();
  } catch (const Refusal& refusal) {
    EXPECT_THAT(refusal.what(), HasSubstr("not followed as root"));
  }
}

TEST(LogFileTest, WritesToTheNewFileOnceItWasReopened) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "x.log";
  LogFile log(file_target(path), LogStamp::none);
  log.write("old\n");
  std::filesystem::rename(path, folder.path() / "x.log.1");
  log.write("still old\n");
  EXPECT_EQ(log.reopen({}), 0);
  log.write("new\n");
  EXPECT_EQ(contents_of(folder.path() / "x.log.1"), "old\nstill old\n");
  EXPECT_EQ(contents_of(path), "new\n");
}

TEST(LogFileTest, KeepsItsFileWhereItCannotBeReopened) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "logs" / "x.log";
  std::filesystem::create_directory(path.parent_path());
  LogFile log(file_target(path), LogStamp::none);
  std::filesystem::rename(path.parent_path(), folder.path() / "away");
  EXPECT_EQ(log.reopen({}), ENOENT);
  EXPECT_EQ(log.write("kept\n").bytes, 5U);
  EXPECT_EQ(contents_of(folder.path() / "away" / "x.log"), "kept\n");
}

TEST(LogFileTest, TellsThatTheDiskIsFull) {
  LogFile log(file_target("/dev/full"), LogStamp::none);
  const auto progress = log.write("x\n");
  EXPECT_EQ(progress.error, ENOSPC);
  EXPECT_EQ(progress.bytes, 0U);
}

TEST(LogFileTest, WaitsForNoReaderOfAFifo) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  LogFile log(file_target(path), LogStamp::none);
  std::string lines;
  while (lines.size() < 300'000) lines += "a line\n";
  const auto progress = log.write(lines);
  EXPECT_EQ(progress.error, EAGAIN);
  const UniqueFd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string seen(progress.bytes, '\0');
  EXPECT_EQ(::read(reader.get(), seen.data(), seen.size()), static_cast<ssize_t>(seen.size()));
  EXPECT_EQ(seen, lines.substr(0, progress.bytes)) << "what was taken waits for who comes";
}

}  // namespace
}  // namespace kirsch::base
