// daemonizer: the terminal is told the truth about the start, and what stays behind is a daemon in every respect.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>

#include "support/client.h"
#include "support/family.h"
#include "support/kirsch.h"
#include "support/occurrences.h"

namespace kirsch::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

constexpr auto here = "paths: { /: { handler: { respond: { body: here } } } }\n";

bool readable(int descriptor) {
  pollfd waited{descriptor, POLLIN, 0};
  return ::poll(&waited, 1, static_cast<int>(patience.count())) == 1;
}

// The parameter: whether a keeper starts the server.
class Daemonizer : public ::testing::TestWithParam<const char*> {
 protected:
  Daemonizer() { std::filesystem::create_directory(state_); }
  ~Daemonizer() override {
    const pid_t left = named();
    if (left > 0 && ::kill(left, SIGTERM) == 0 && !ends(left)) ::kill(left, SIGKILL);
  }

  std::string yaml(const std::string& options, const std::string& more = {}) const {
    return loopback("engine: { signals: {}, pidfile: { path: \"" + pid_file_.string() + "\" }, daemonizer: " + options +
                    more + " }\n" + keeper() + here);
  }
  static bool kept() { return std::string_view(GetParam()) == "on"; }
  static std::string keeper() { return std::string("server: { keeper: ") + GetParam() + " }\n"; }
  std::vector<std::string> written(const std::string& text) const {
    return {kirsch_program().string(), "run", "-c", folder_.write("kirsch.yaml", completed(text)).string()};
  }
  ProcessOptions surroundings(std::map<std::string, std::string> environment = {}) const {
    environment["STATE_DIRECTORY"] = state_;
    return {.folder = folder_.path(), .environment = environment, .input = {}};
  }
  // The daemon, by its pid file; 0: there is none.
  pid_t named() const {
    pid_t number = 0;
    std::ifstream(pid_file_) >> number;
    return number;
  }
  std::string beside(const std::string& name) const { return (folder_.path() / name).string(); }

  const TemporaryFolder folder_;
  const std::filesystem::path state_ = folder_.path() / "state";
  const std::filesystem::path pid_file_ = folder_.path() / "kirsch.pid";
};

std::string proc(pid_t process, const std::string& what) {
  return contents_of(std::filesystem::path("/proc") / std::to_string(process) / what);
}

TEST_P(Daemonizer, ReturnsOnceTheServerServes) {
  const auto out = beside("out.log");
  const auto err = beside("err.log");
  Process launcher(written(yaml("{ stdout: \"" + out + "\", stderr: \"" + err + "\" }")), surroundings());
  ASSERT_EQ(launcher.wait(), 0) << launcher.output().all;
  const auto told = launcher.output().out;
  const pid_t daemon = named();
  EXPECT_THAT(told, MatchesRegex("serving http://127.0.0.1:[0-9]+\nready in [0-9]+ ms, process " +
                                 std::to_string(daemon) + "\n"));
  const auto port = static_cast<std::uint16_t>(std::stoi(told.substr(told.find("127.0.0.1:") + 10)));
  Client client(port);
  EXPECT_TRUE(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(client.read().body, "here");
  ::kill(daemon, SIGTERM);
  EXPECT_TRUE(ends(daemon));
  EXPECT_THAT(contents_of(out), HasSubstr("serving http://"));
  EXPECT_THAT(contents_of(err), HasSubstr("SIGTERM from pid"));
  EXPECT_EQ(named(), 0);
}

TEST_P(Daemonizer, LeavesADaemon) {
  Process launcher(written(yaml("{}")), surroundings());
  ASSERT_EQ(launcher.wait(), 0) << launcher.output().all;
  const pid_t daemon = named();
  for (const pid_t process : family(daemon)) {
    const auto in_proc = std::filesystem::path("/proc") / std::to_string(process);
    for (const auto* stream : {"0", "1", "2"})
      EXPECT_EQ(std::filesystem::read_symlink(in_proc / "fd" / stream), "/dev/null") << process << ": " << stream;
    EXPECT_EQ(std::filesystem::read_symlink(in_proc / "cwd"), "/");
  }
  // "pid (name) state ppid pgrp session tty …"
  std::istringstream stat(proc(daemon, "stat"));
  std::string word;
  long parent = 0;
  long group = 0;
  long session = 0;
  long terminal = -1;
  stat >> word >> word >> word >> parent >> group >> session >> terminal;
  EXPECT_NE(session, daemon) << "who leads a session may get a terminal";
  EXPECT_NE(session, ::getsid(0));
  EXPECT_EQ(session, group);
  EXPECT_EQ(terminal, 0);
  EXPECT_NE(parent, launcher.pid());
  EXPECT_THAT(proc(daemon, "status"), HasSubstr("Umask:\t0027\n"));
}

TEST_P(Daemonizer, ClosesWhatWasLeftOpen) {
  std::vector<int> left;
  for (int number = 0; number < 50; ++number) left.push_back(::open("/etc/passwd", O_RDONLY));
  Process launcher(written(yaml("{}")), surroundings());
  EXPECT_EQ(launcher.wait(), 0) << launcher.output().all;
  for (const int descriptor : left) ::close(descriptor);
  const auto folder = std::filesystem::path("/proc") / std::to_string(named()) / "fd";
  std::error_code closed;  // meanwhile
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    EXPECT_NE(std::filesystem::read_symlink(entry, closed), "/etc/passwd") << entry.path();
}

TEST_P(Daemonizer, LeavesADaemonThatCanBeStoppedWhereNoStandardStreamWasOpen) {
  std::vector<std::string> command{"sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh"};
  const auto server = written(yaml("{}"));
  command.insert(command.end(), server.begin(), server.end());
  Process launcher(command, surroundings());
  ASSERT_EQ(launcher.wait(), 0);
  const pid_t daemon = named();
  for (const pid_t process : family(daemon)) {
    const auto descriptors = std::filesystem::path("/proc") / std::to_string(process) / "fd";
    for (const auto* stream : {"0", "1", "2"})
      EXPECT_EQ(std::filesystem::read_symlink(descriptors / stream), "/dev/null") << process << ": " << stream;
  }
  ::kill(daemon, SIGTERM);
  EXPECT_TRUE(ends(daemon));
}

TEST_P(Daemonizer, TellsOnceWhyTheServerDoesNotServe) {
  const auto err = beside("err.log");
  Process launcher(written("version: 1\nlisteners: { main: { bind: \"192.0.2.1:1\" } }\nengine:\n  signals: {}\n"
                           "  pidfile: { path: \"" +
                           pid_file_.string() + "\" }\n  daemonizer: { stderr: \"" + err + "\" }\n" + keeper() + here),
                   surroundings());
  EXPECT_EQ(launcher.wait(), 5) << launcher.output().all;
  const auto told = launcher.output().errors;
  EXPECT_EQ(occurrences(told, "error["), 1u) << told;
  EXPECT_THAT(told, HasSubstr("kirsch.yaml:2"));
  EXPECT_THAT(launcher.output().out, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(pid_file_));
}

TEST_P(Daemonizer, TellsOfAFailureThatComesLate) {
  Process launcher(written(yaml("{}", ", phase_two: { fail: start }")), surroundings());
  EXPECT_EQ(launcher.wait(), 1) << launcher.output().all;
  EXPECT_THAT(launcher.output().errors, HasSubstr("phase_two: phase 2 fails in start"));
  EXPECT_FALSE(std::filesystem::exists(pid_file_));
}

TEST_P(Daemonizer, TellsBeforeItForksWhatItCannotHave) {
  for (const std::string option : {"stdin", "stdout", "stderr", "chdir"}) {
    Process launcher(written(yaml("{ " + option + ": /nowhere/at/all }")), surroundings());
    EXPECT_EQ(launcher.wait(), 5) << launcher.output().all;
    EXPECT_THAT(launcher.output().errors, HasSubstr("/nowhere/at/all: No such file or directory"));
    EXPECT_THAT(launcher.output().errors, HasSubstr("kirsch.yaml:3"));
  }
}

TEST_P(Daemonizer, SaysHowTheServerDied) {
  Process launcher(written(yaml("{}", ", killed: {}")), surroundings());
  EXPECT_EQ(launcher.wait(), 1) << launcher.output().all;
  EXPECT_THAT(launcher.output().errors, HasSubstr("Killed"));
  EXPECT_THAT(launcher.output().errors, HasSubstr("before it"));
}

// Reads until it has seen the text.
void await(int reader, const std::string& text) {
  std::string log;
  while (log.find(text) == std::string::npos && readable(reader)) {
    std::array<char, 4096> room;
    log.append(room.data(), static_cast<std::size_t>(std::max<ssize_t>(::read(reader, room.data(), room.size()), 0)));
  }
  EXPECT_THAT(log, HasSubstr(text));
}

TEST_P(Daemonizer, EndsTheStartWhereTheLauncherIsToldSo) {
  const auto fifo = beside("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int reader = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
  for (const int number : {SIGINT, SIGTERM}) {
    Process launcher(
        written(yaml("{}", ", phase_one: { wait_in_start: true }") + "logs: { error: { to: \"" + fifo + "\" } }\n"),
        surroundings());
    await(reader, "phase 1: start");
    const pid_t daemon = named();
    launcher.signal(number);
    EXPECT_EQ(launcher.wait(), 128 + number) << launcher.output().all;
    EXPECT_THAT(launcher.output().errors, HasSubstr("the start was ended by SIG"));
    EXPECT_TRUE(ends(daemon));
    EXPECT_EQ(named(), 0);
  }
  ::close(reader);
}

TEST_P(Daemonizer, DoesNotWaitWhereYamlSaysSo) {
  const auto fifo = beside("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int reader = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
  // To wait would never end.
  Process launcher(written(yaml("{ wait: false, stderr: \"" + fifo + "\" }", ", phase_one: { wait_in_start: true }")),
                   surroundings());
  EXPECT_EQ(launcher.wait(), 0) << launcher.output().all;
  EXPECT_THAT(launcher.output().out, IsEmpty());
  await(reader, "phase 1: start");
  const pid_t daemon = named();
  ::kill(daemon, SIGTERM);
  EXPECT_TRUE(ends(daemon));
  ::close(reader);
}

TEST_P(Daemonizer, IsRefusedWhereThreadsExist) {
  Process launcher(written(yaml("{}", ", early_thread: {}")), surroundings());
  // A keeper forks, which has none; those of its servers come later.
  if (kept()) {
    EXPECT_EQ(launcher.wait(), 0) << launcher.output().all;
    return;
  }
  EXPECT_EQ(launcher.wait(), 1);
  // TSan has a thread of its own.
  EXPECT_THAT(launcher.output().errors,
              ContainsRegex("a fork would lose the threads that already run: (kirsch, )?early-thread"));
}

TEST_P(Daemonizer, IsRefusedUnderSystemd) {
  Process launcher(written(yaml("{}")), surroundings({{"NOTIFY_SOCKET", "/run/systemd/notify"}}));
  EXPECT_EQ(launcher.wait(), 1);
  EXPECT_THAT(launcher.output().errors, HasSubstr("NOTIFY_SOCKET is set"));
}

TEST_P(Daemonizer, RefusesAUmaskThatIsNone) {
  for (const std::string mask : {"27", "\"8\"", "\"1777\"", "\"u=rwx\""}) {
    Process launcher(written(yaml("{ umask: " + mask + " }")), surroundings());
    EXPECT_EQ(launcher.wait(), 3) << launcher.output().all;
  }
}

INSTANTIATE_TEST_SUITE_P(Keeper, Daemonizer, ::testing::Values("off", "on"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace kirsch::test
