// pidfile: the file is right, belongs to one server, and nothing else that has its name is touched.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <list>

#include "support/client.h"
#include "support/family.h"
#include "support/kirsch.h"
#include "support/own_namespaces.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto here = "paths: { /: { handler: { respond: { body: here } } } }\n";

std::string with_pidfile(const std::filesystem::path& path) {
  return loopback("engine: { signals: {}, pidfile: { path: \"" + path.string() + "\" } }\n" + here);
}

class Pidfile : public ::testing::Test {
 protected:
  // A start that is to be refused.
  Result refused(int exit_code) {
    const auto file = folder_.write("kirsch.yaml", completed(with_pidfile(path_)));
    const auto state = folder_.path() / "other-state";
    auto result = run_kirsch({"run", "-c", file.string()}, {}, {{"STATE_DIRECTORY", state.string()}});
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.out, Not(HasSubstr("ready")));
    return result;
  }
  bool exists() const { return std::filesystem::exists(std::filesystem::symlink_status(path_)); }

  const TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "kirsch.pid";
};

TEST_F(Pidfile, NamesTheServerAndIsGoneAfterTerm) {
  Server server(with_pidfile(path_));
  EXPECT_EQ(contents_of(path_), std::to_string(server.pid()) + "\n");
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644u);
  EXPECT_EQ(status.st_nlink, 1u);
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_FALSE(exists());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(Pidfile, RefusesASecondServerAndNamesTheFirst) {
  const Server first(with_pidfile(path_));
  const auto result = refused(5);
  EXPECT_THAT(result.err, HasSubstr("process " + std::to_string(first.pid()) + " holds " + path_.string()));
  EXPECT_THAT(result.err, HasSubstr("kirsch.yaml:3"));
  EXPECT_EQ(get(first, "/").body, "here");
  EXPECT_EQ(contents_of(path_), std::to_string(first.pid()) + "\n");
}

TEST_F(Pidfile, IsReplacedAfterKill) {
  {
    Server killed(with_pidfile(path_));
    killed.signal(SIGKILL);
    EXPECT_EQ(killed.wait(), 128 + SIGKILL);
    EXPECT_EQ(contents_of(path_), std::to_string(killed.pid()) + "\n");
  }
  Server next(with_pidfile(path_));
  EXPECT_EQ(contents_of(path_), std::to_string(next.pid()) + "\n");
  next.wait_for_log("which no longer holds it: replaced");
  EXPECT_EQ(next.stop(), 0);
  EXPECT_FALSE(exists());
}

TEST_F(Pidfile, AProcessThatHasTheOldNumberByChanceIsNoOwner) {
  folder_.write("kirsch.pid", std::to_string(::getpid()) + "\n");
  const Server server(with_pidfile(path_));
  EXPECT_EQ(contents_of(path_), std::to_string(server.pid()) + "\n");
}

TEST_F(Pidfile, ReplacesWhateverAFileSaysThatNobodyHolds) {
  for (const std::string junk : {"", "not a number", "99999999999999999999\n"}) {
    folder_.write("kirsch.pid", junk);
    Server server(with_pidfile(path_));
    EXPECT_EQ(contents_of(path_), std::to_string(server.pid()) + "\n");
  }
}

TEST_F(Pidfile, LeftBehindAndHeldByAStrangerSaysHowToFindHim) {
  Process dead({"true"});
  dead.wait();
  folder_.write("kirsch.pid", std::to_string(dead.pid()) + "\n");
  const int stranger = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(stranger, LOCK_SH | LOCK_NB), 0);
  EXPECT_THAT(refused(5).err, HasSubstr("another user, who may read the file, holds its lock; 'fuser " +
                                        path_.string() + "' as root names the holder"));
  std::filesystem::remove(path_);  // as it says
  const Server server(with_pidfile(path_));
  EXPECT_EQ(contents_of(path_), std::to_string(server.pid()) + "\n");
  ::close(stranger);
}

TEST_F(Pidfile, DoesNotFollowALink) {
  const auto precious = folder_.write("precious", "precious");
  std::filesystem::create_symlink(precious, path_);
  EXPECT_THAT(refused(5).err, HasSubstr("symbolic link"));
  EXPECT_EQ(contents_of(precious), "precious");
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
}

TEST_F(Pidfile, DoesNotReplaceAFifoADirectoryOrAFileWithSeveralNames) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(refused(5).err, HasSubstr("not a regular file"));
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_THAT(refused(5).err, HasSubstr("not a regular file"));
  std::filesystem::remove(path_);
  const auto precious = folder_.write("precious", "precious");
  std::filesystem::create_hard_link(precious, path_);
  EXPECT_THAT(refused(5).err, HasSubstr("several names"));
  EXPECT_EQ(contents_of(precious), "precious");
}

TEST_F(Pidfile, NeedsItsDirectory) {
  path_ = folder_.path() / "nowhere" / "kirsch.pid";
  EXPECT_THAT(refused(5).err, HasSubstr("No such file or directory"));
}

TEST_F(Pidfile, NeedsAnAbsolutePath) {
  path_ = "kirsch.pid";
  const auto result = refused(3);
  EXPECT_THAT(result.err, HasSubstr("'kirsch.pid' is not an absolute path"));
  EXPECT_THAT(result.err, HasSubstr("kirsch.yaml:3"));
}

TEST_F(Pidfile, IsNotLeftBehindByAStartThatFails) {
  const auto file = folder_.write("kirsch.yaml", completed("version: 1\n"
                                                           "listeners: { main: { bind: \"192.0.2.1:1\" } }\n"
                                                           "engine: { pidfile: { path: \"" +
                                                           path_.string() + "\" } }\n" + here));
  const auto state = folder_.path() / "state";
  const auto result = run_kirsch({"run", "-c", file.string()}, {}, {{"STATE_DIRECTORY", state.string()}});
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_FALSE(exists());
}

TEST_F(Pidfile, IsLeftAloneOnceItIsSomebodyElses) {
  Server server(with_pidfile(path_));
  std::filesystem::rename(folder_.write("other", "1\n"), path_);
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_EQ(contents_of(path_), "1\n");
}

TEST_F(Pidfile, HasOneWinnerAmongManyStarts) {
  const auto file = folder_.write("kirsch.yaml", completed(with_pidfile(path_)));
  folder_.write("kirsch.pid", "1\n");  // stale, so that they race for the replacement too
  std::list<Process> racers;
  for (int number = 0; number < 12; ++number) {
    const auto state = folder_.path() / ("state" + std::to_string(number));
    racers.emplace_back(
        std::vector<std::string>{kirsch_program().string(), "run", "-c", file.string()},
        ProcessOptions{.folder = {}, .environment = {{"STATE_DIRECTORY", state.string()}}, .input = {}});
  }
  int winners = 0;
  for (auto& racer : racers) {
    if (racer.wait_for([](const auto& output) { return output.out.find("ready\n") != std::string::npos; })) {
      ++winners;
      EXPECT_EQ(contents_of(path_), std::to_string(racer.pid()) + "\n");
    } else {
      EXPECT_EQ(racer.wait(), 5) << racer.output().all;
    }
  }
  EXPECT_EQ(winners, 1);
}

std::string restarting_on_usr2(const std::filesystem::path& path, const std::string& rest) {
  return loopback("engine: { signals: { SIGUSR2: restart }, pidfile: { path: \"" + path.string() + "\" } }\n" + rest);
}

bool held(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool locked = ::flock(file, LOCK_SH | LOCK_NB) != 0;
  ::close(file);
  return locked;
}

TEST_F(Pidfile, IsTakenOverByASuccessorThatServes) {
  Server server(restarting_on_usr2(path_, here));
  server.signal(SIGUSR2);
  EXPECT_EQ(server.wait(), 0) << server.log();
  const pid_t successor = std::stoi(contents_of(path_));
  EXPECT_NE(successor, server.pid());
  EXPECT_TRUE(held(path_));
  EXPECT_EQ(get(server, "/").body, "here");
  ::kill(successor, SIGTERM);
  EXPECT_TRUE(ends(successor));
  EXPECT_FALSE(exists());
}

TEST_F(Pidfile, IsLeftAloneByASuccessorThatFails) {
  const auto answer = folder_.path() / "site";
  std::filesystem::create_directory(answer);
  Server server(
      restarting_on_usr2(path_, "paths: { /: { handler: { static: { root: \"" + answer.string() + "\" } } } }\n"));
  std::filesystem::remove(answer);
  server.signal(SIGUSR2);
  server.wait_for_log("this one goes on serving");
  EXPECT_EQ(contents_of(path_), std::to_string(server.pid()) + "\n");
  EXPECT_TRUE(held(path_));
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_FALSE(exists());
}

TEST_F(Pidfile, WithoutRoomForAnotherOneRefusesARestart) {
  if (const auto reason = namespaces_denied()) GTEST_SKIP() << *reason;
  in_own_namespaces([] {
    const std::filesystem::path disk = "/run/disk";
    std::filesystem::create_directory(disk);
    ASSERT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=4k"), 0);  // the page that the file has
    const auto path = disk / "kirsch.pid";
    Server server(restarting_on_usr2(path, here));
    server.signal(SIGUSR2);
    server.wait_for_log("this one goes on serving");
    EXPECT_THAT(server.log(), HasSubstr("No space left on device"));
    EXPECT_EQ(contents_of(path), std::to_string(server.pid()) + "\n");
    EXPECT_TRUE(held(path));
    EXPECT_EQ(get(server, "/").body, "here");
    EXPECT_EQ(server.stop(), 0) << server.log();
    EXPECT_TRUE(std::filesystem::is_empty(disk));
  });
}

TEST_F(Pidfile, OfASuccessorThatIsKilledIsRemoved) {
  const auto stalling = [this](const std::string& plugin) {
    return loopback("server: { keeper: off, start_time: 3s }\nengine: { signals: { SIGUSR2: restart }, " + plugin +
                    "pidfile: { path: \"" + path_.string() + "\" } }\n" + here);
  };
  Server server(stalling({}));
  std::ofstream(server.folder() / "kirsch.yaml") << completed(stalling("stalling: {}, "));
  server.signal(SIGUSR2);
  server.wait_for_log("this one goes on serving");
  EXPECT_THAT(server.log(), HasSubstr("was not ready within"));
  EXPECT_EQ(contents_of(path_), std::to_string(server.pid()) + "\n");
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace kirsch::test
