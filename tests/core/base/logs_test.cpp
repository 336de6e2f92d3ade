// All logs together: before, while and after their thread runs, with destinations that fail, wait, or are moved.
#include "base/logs.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <sstream>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "support/folder.h"

namespace kirsch::base {
namespace {

using test::contents_of;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class LogsTest : public ::testing::Test {
 protected:
  LogTarget file(const std::string& name) const {
    return {.kind = LogTarget::Kind::file, .path = folder_.path() / name, .origin = {}};
  }
  static LogTarget at(const std::string& path) { return {.kind = LogTarget::Kind::file, .path = path, .origin = {}}; }
  std::string written(const std::string& name) const { return contents_of(folder_.path() / name); }
  // The error log in a file, and one log more.
  LogSettings with_access(LogTarget access, std::size_t queue = 64 * 1024) const {
    return {.error = file("error"), .level = Level::info, .named = {{"access", std::move(access)}}, .queue = queue};
  }
  // Waits until the thread has written `text` to a file; the test's time limit is the only clock.
  void wait_for(const std::string& name, std::string_view text) const {
    while (written(name).find(text) == std::string::npos) std::this_thread::yield();
  }
  // A FIFO without a reader, and with no room for a single byte.
  struct Fifo {
    explicit Fifo(const std::filesystem::path& at) : path(at) {
      EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
      ends.reset(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
      const std::string page(4096, '.');
      for (ssize_t size = 0; (size = ::write(ends.get(), page.data(), page.size())) > 0;) filled += size;
    }
    std::string path;
    UniqueFd ends;
    ssize_t filled = 0;
  };

  const TemporaryFolder folder_;
};

TEST_F(LogsTest, WriteAtOnceBeforeTheThreadRunsAndAfterIt) {
  Logs logs(with_access(file("access")));
  logs.error().write(Level::warning, "before");
  EXPECT_THAT(written("error"), EndsWith("Z warning before\n"));
  logs.start();
  logs.finish();
  logs.find("access")->append("after");
  EXPECT_EQ(written("access"), "after\n");
}

TEST_F(LogsTest, AreFoundByName) {
  Logs logs(with_access(file("access")));
  EXPECT_NE(logs.find("access"), nullptr);
  EXPECT_EQ(logs.find("error"), nullptr);
  EXPECT_EQ(logs.find("other"), nullptr);
}

TEST_F(LogsTest, LoseNothingThatWasWrittenFromManyThreads) {
  constexpr int lines = 5000;
  {
    Logs logs(with_access(file("access"), 64 * 1024 * 1024));
    logs.start();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&logs, thread] {
        auto* log = logs.find("access");
        for (int line = 0; line < lines; ++line) log->append(std::to_string(thread) + ' ' + std::to_string(line));
      });
    }
    for (auto& thread : threads) thread.join();
  }
  std::vector<int> next(4, 0);
  std::istringstream text(written("access"));
  for (int thread = 0, line = 0; text >> thread >> line;) EXPECT_EQ(line, next.at(static_cast<std::size_t>(thread))++);
  EXPECT_EQ(next, std::vector<int>(4, lines));
}

TEST_F(LogsTest, WriteWithoutBeingAskedAgain) {
  Logs logs(with_access(file("access")));
  logs.start();
  logs.find("access")->append("one");
  wait_for("access", "one\n");
  logs.error().write(Level::info, "two");
  wait_for("error", "two\n");
}

TEST_F(LogsTest, DropBelowTheLevel) {
  auto settings = with_access(file("access"));
  settings.level = Level::warning;
  Logs logs(settings);
  EXPECT_FALSE(logs.error().enabled(Level::info));
  errno = EBADF;
  logs.error().write(Level::info, "no");
  logs.error().write(Level::warning, "yes");
  EXPECT_EQ(errno, EBADF) << "logging is a part of failures";
  EXPECT_THAT(written("error"), AllOf(HasSubstr("yes"), Not(HasSubstr("no"))));
}

TEST_F(LogsTest, AFifoThatNobodyReadsBlocksNobodyAndWhatIsDroppedIsTold) {
  const Fifo fifo(folder_.path() / "access");
  Logs logs(with_access(at(fifo.path), 64 * 1024));
  logs.start();
  auto* access = logs.find("access");
  const std::string line(999, 'x');
  std::string expected;
  while (access->append(line)) expected += line + "\n";
  EXPECT_EQ(expected.size(), 65'000U);
  EXPECT_FALSE(access->append(line));
  logs.error().write(Level::info, "goes on");
  wait_for("error", "goes on\n");
  const UniqueFd reader(::open(fifo.path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string seen;
  char bytes[65536];
  while (seen.size() < static_cast<std::size_t>(fifo.filled) + expected.size()) {
    const ssize_t size = ::read(reader.get(), bytes, sizeof bytes);
    ASSERT_GT(size, 0);
    seen.append(bytes, static_cast<std::size_t>(size));
  }
  EXPECT_EQ(seen.substr(static_cast<std::size_t>(fifo.filled)), expected);
  wait_for("error", "log: 2 lines of 'access' dropped");
  EXPECT_TRUE(access->append("again"));
}

TEST_F(LogsTest, AFifoThatNobodyReadsDoesNotHoldTheEnd) {
  const Fifo fifo(folder_.path() / "access");
  ::testing::internal::CaptureStderr();
  {
    Logs logs(with_access(at(fifo.path)));
    logs.start();
    EXPECT_TRUE(logs.find("access")->append("one"));
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("log: 1 line for " + fifo.path + " lost\n"));
}

TEST_F(LogsTest, AFullDiskIsToldOnceByTheErrorLog) {
  ::testing::internal::CaptureStderr();
  {
    Logs logs(with_access(at("/dev/full")));
    logs.start();
    auto* access = logs.find("access");
    EXPECT_TRUE(access->append("one"));
    wait_for("error", "log: 'access' cannot be written to /dev/full: No space left on device; its lines wait\n");
    // Tried and refused again, but not told again.
    for (int line = 0; line < 100; ++line) EXPECT_TRUE(access->append("more"));
    logs.finish();
  }
  const auto errors = written("error");
  EXPECT_EQ(errors.find("cannot be written"), errors.rfind("cannot be written"));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("101 lines for /dev/full lost"));
}

TEST_F(LogsTest, AFullDiskOfTheErrorLogIsToldOnStandardError) {
  ::testing::internal::CaptureStderr();
  {
    Logs logs({.error = at("/dev/full"), .level = Level::info, .named = {}, .queue = 64 * 1024});
    logs.error().write(Level::info, "before the thread runs");
    logs.start();
    logs.error().write(Level::info, "one");
  }
  const auto told = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(told, HasSubstr("error log: 'error' cannot be written to /dev/full: No space left on device"));
  EXPECT_THAT(told, HasSubstr("2 lines for /dev/full lost"));
}

// A limit for the size of files stands for a full disk, because it can be raised.
TEST_F(LogsTest, WhatWaitedIsWrittenOnceThereIsRoom) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  Logs logs(with_access(file("access")));
  const rlimit full{6, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  logs.start();
  for (const auto* line : {"one", "two", "three"}) EXPECT_TRUE(logs.find("access")->append(line));
  wait_for("access", "one\ntw");
  EXPECT_EQ(written("access"), "one\ntw");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  wait_for("access", "three\n");
  EXPECT_EQ(written("access"), "one\ntwo\nthree\n");
}

TEST_F(LogsTest, NoLineIsLostWhileFilesAreRotated) {
  constexpr int rotations = 50;
  std::vector<std::uintmax_t> complete;
  std::string all;
  int lines = 0;
  {
    Logs logs(with_access(file("access"), 64 * 1024 * 1024));
    logs.start();
    std::atomic<bool> enough = false;
    std::thread writer([&] {
      auto* log = logs.find("access");
      while (!enough) lines += log->append("line " + std::to_string(lines)) ? 1 : 0;
    });
    for (int number = 0; number < rotations; ++number) {
      const auto away = folder_.path() / ("access." + std::to_string(number));
      std::filesystem::rename(folder_.path() / "access", away);
      EXPECT_THAT(logs.reopen(), IsEmpty());
      complete.push_back(std::filesystem::file_size(away));
    }
    enough = true;
    writer.join();
  }
  for (std::size_t number = 0; number < rotations; ++number) {
    all += written("access." + std::to_string(number));
    EXPECT_EQ(std::filesystem::file_size(folder_.path() / ("access." + std::to_string(number))), complete[number]);
  }
  all += written("access");
  std::string expected;
  for (int line = 0; line < lines; ++line) expected += "line " + std::to_string(line) + "\n";
  EXPECT_TRUE(all == expected);  // too much to print
}

TEST_F(LogsTest, AFileThatCannotBeReopenedIsTold) {
  std::filesystem::create_directory(folder_.path() / "logs");
  Logs logs(with_access(file("logs/access")));
  std::filesystem::rename(folder_.path() / "logs", folder_.path() / "away");
  const auto failures = logs.reopen();
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_THAT(failures.front().message, HasSubstr("/logs/access cannot be opened anew: No such file or directory"));
  logs.find("access")->append("kept");
  EXPECT_EQ(written("away/access"), "kept\n");
}

TEST_F(LogsTest, AFileThatCannotBeOpenedIsRefused) { EXPECT_THROW(Logs(with_access(file("missing/access"))), Refusal); }

}  // namespace
}  // namespace kirsch::base
