// The logs of the real server: where they go, rotation, full disks, FIFOs, and lines that nobody can forge.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "support/client.h"
#include "support/command.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto one_path = "paths: { /: { handler: { respond: { body: here } } } }\n";

std::string logging_to(std::string_view target) {
  return loopback("logs: { error: { to: \"" + std::string(target) + "\" } }\n" + one_path);
}

// The file's contents once it is there and `text` is in them.
std::string wait_for(const std::filesystem::path& file, std::string_view text) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const bool there = std::filesystem::exists(file);
    auto contents = there ? contents_of(file) : std::string();
    if (there && contents.find(text) != std::string::npos) return contents;
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(file.string() + " never said '" + std::string(text) + "' but:\n" + contents);
    }
    std::this_thread::yield();
  }
}

TEST(ErrorLog, in_a_file_has_every_line_from_the_first_to_the_last) {
  Server server(logging_to("error.log"));
  EXPECT_EQ(server.stop(), 0);
  const auto lines = contents_of(server.folder() / "error.log");
  EXPECT_THAT(lines, HasSubstr("info bus starting\n"));
  EXPECT_THAT(lines, HasSubstr("info bus started\n"));
  EXPECT_THAT(lines, HasSubstr("info signals: SIGTERM from pid"));
  EXPECT_THAT(lines, EndsWith("info bus exiting\n"));
  EXPECT_THAT(server.log(), Not(HasSubstr("bus start")));
  EXPECT_EQ(std::filesystem::status(server.folder() / "error.log").permissions() & std::filesystem::perms::others_all,
            std::filesystem::perms::none);
}

TEST(ErrorLog, tells_why_the_start_failed_also_where_nobody_looks_at_the_terminal) {
  ServerOptions options;
  options.wait_until_ready = false;
  Server server(
      loopback("engine: { phase_one: { fail: start } }\nlogs: { error: { to: error.log } }\n" + std::string(one_path)),
      options);
  EXPECT_NE(server.wait(), 0);
  EXPECT_THAT(contents_of(server.folder() / "error.log"), HasSubstr("error server: phase_one: phase 1 fails in start"));
}

TEST(ErrorLog, that_cannot_be_opened_is_refused_with_its_place) {
  ServerOptions options;
  options.wait_until_ready = false;
  Server server(logging_to("missing/error.log"), options);
  EXPECT_EQ(server.wait(), 5);
  EXPECT_THAT(server.log(), AllOf(HasSubstr("missing/error.log cannot be opened: No such file or directory"),
                                  HasSubstr("kirsch.yaml:3:22")));
}

TEST(ErrorLog, starts_its_thread_after_privileges_were_dropped_and_keeps_it_to_the_end) {
  Server server(loopback("engine: { tasks: {}, signals: {} }\n" + std::string(one_path)));
  EXPECT_THAT(server.wait_for_line("tasks in start:"), Not(HasSubstr("kirsch-")));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_THAT(server.wait_for_line("tasks in exit:"), HasSubstr("kirsch-log"));
}

TEST(ErrorLog, is_rotated_with_graceful) {
  Server server(logging_to("error.log"));
  const auto file = server.folder() / "error.log";
  wait_for(file, "bus started");
  std::filesystem::rename(file, server.folder() / "error.log.1");
  server.signal(SIGUSR1);
  wait_for(file, "");
  EXPECT_EQ(server.stop(), 0);
  const auto old = contents_of(server.folder() / "error.log.1");
  const auto fresh = contents_of(file);
  EXPECT_THAT(fresh, EndsWith("info bus exiting\n"));
  EXPECT_THAT(old, Not(HasSubstr("bus exiting")));
  for (const auto* line : {"SIGUSR1 from pid", "bus graceful: SIGUSR1", "SIGTERM from pid", "bus stopping"}) {
    EXPECT_THAT(old + fresh, HasSubstr(line));
  }
}

// The parameter: whether a keeper stands between.
class Rotation : public ::testing::TestWithParam<std::string> {
 protected:
  static std::string yaml(const std::string& body) {
    return loopback("engine: { signals: { SIGUSR1: graceful } }\nserver: { keeper: " + GetParam() +
                    " }\nlogs: { error: { to: logs/error.log } }\npaths: { /: { handler: { respond: { body: " + body +
                    " } } } }\n");
  }
  Server server_{yaml("old"), {.files = {{"logs/error.log", ""}}}};
  const std::filesystem::path file_ = server_.folder() / "logs/error.log";
};
INSTANTIATE_TEST_SUITE_P(Keeper, Rotation, ::testing::Values("off", "on"), [](const auto& each) { return each.param; });

TEST_P(Rotation, needs_no_configuration_that_can_be_served) {
  wait_for(file_, "bus started");
  std::filesystem::rename(file_, server_.folder() / "logs/error.log.1");
  std::ofstream(server_.folder() / "kirsch.yaml", std::ios::app) << "nonsense: 1\n";
  server_.signal(SIGUSR1);
  wait_for(file_, "nonsense");
  EXPECT_EQ(get(server_, "/").body, "old");
  EXPECT_EQ(server_.stop(), 0);
  EXPECT_THAT(contents_of(file_), EndsWith("info bus exiting\n"));
}

TEST_P(Rotation, that_fails_does_not_reject_what_serves) {
  std::filesystem::rename(server_.folder() / "logs", server_.folder() / "away");
  std::ofstream(server_.folder() / "kirsch.yaml") << completed(yaml("new"));
  const auto reload = command(server_, "reload");
  EXPECT_EQ(reload.exit_code, 5);
  EXPECT_THAT(reload.err, AllOf(HasSubstr("serves generation 2"), HasSubstr("cannot be opened anew"),
                                Not(HasSubstr("the old configuration"))));
  EXPECT_EQ(get(server_, "/").body, "new");
}

TEST(ErrorLog, whose_folder_was_deleted_goes_on_in_the_old_file) {
  ServerOptions options;
  options.files = {{"logs/error.log", ""}};
  Server server(logging_to("logs/error.log"), options);
  const auto away = server.folder() / "away";
  std::filesystem::rename(server.folder() / "logs", away);
  server.signal(SIGUSR1);
  wait_for(away / "error.log", "logs/error.log cannot be opened anew: No such file or directory");
  EXPECT_EQ(get(server, "/").body, "here");
  EXPECT_EQ(server.stop(), 0);
  EXPECT_THAT(contents_of(away / "error.log"), EndsWith("info bus exiting\n"));
}

TEST(ErrorLog, on_a_full_disk_costs_no_request_and_is_told_once) {
  Server server(logging_to("/dev/full"));
  server.wait_for_log("log: 'error' cannot be written to /dev/full: No space left on device");
  for (int request = 0; request < 20; ++request) EXPECT_EQ(get(server, "/").body, "here");
  server.signal(SIGUSR1);
  EXPECT_EQ(server.stop(), 0);
  const auto said = server.log();
  EXPECT_EQ(said.find("cannot be written"), said.rfind("cannot be written"));
  EXPECT_THAT(said, HasSubstr("lines for /dev/full lost"));
}

// Full to the last byte.
class FullFifo {
 public:
  FullFifo() {
    EXPECT_EQ(::mkfifo(path().c_str(), 0600), 0);
    ends_ = ::open(path().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    const std::string filler(4096, '.');
    while (::write(ends_, filler.data(), filler.size()) > 0) {
    }
  }
  ~FullFifo() { ::close(ends_); }
  FullFifo(const FullFifo&) = delete;
  FullFifo& operator=(const FullFifo&) = delete;
  std::string path() const { return folder_.path() / "fifo"; }

 private:
  const TemporaryFolder folder_;
  int ends_ = -1;
};

TEST(ErrorLog, in_a_fifo_that_nobody_reads_costs_no_request) {
  const FullFifo fifo;
  Server server(logging_to(fifo.path()));
  for (int request = 0; request < 20; ++request) EXPECT_EQ(get(server, "/").body, "here");
  EXPECT_EQ(server.stop(), 0);
  EXPECT_THAT(server.log(), HasSubstr("lines for " + fifo.path() + " lost"));
}

TEST(ErrorLog, holds_back_what_a_faulty_module_says_of_every_request) {
  Server server(loopback("paths: { /: { handler: { thrower: {} } } }\n"));
  for (int request = 0; request < 30; ++request) EXPECT_EQ(get(server, "/").status, 500);
  EXPECT_EQ(server.stop(), 0);
  const auto said = server.log();
  std::size_t lines = 0;
  for (auto at = said.find("GET /: thrower failed"); at != said.npos; at = said.find("GET /: thrower failed", at + 1)) {
    ++lines;
  }
  EXPECT_EQ(lines, 11u) << said;
  EXPECT_THAT(said,
              ContainsRegex("error log: repeated 20 more times within 10 s: request [^ ]+ GET /: thrower failed"));
}

TEST(ErrorLog, keeps_the_secrets_of_a_query) {
  Server server(loopback("paths: { /: { handler: { thrower: {} } } }\n"));
  EXPECT_EQ(get(server, "/a?token=hush").status, 500);
  server.wait_for_log("GET /a?***: thrower failed in handler: the secret reason");
  EXPECT_THAT(server.log(), Not(HasSubstr("hush")));
}

TEST(ErrorLog, lets_no_client_forge_a_line) {
  Server server(loopback("paths:\n  /wait: { handler: { gate: {} } }\n  /open: { handler: { gate_opener: {} } }\n"));
  EXPECT_EQ(get(server, "/open").status, 200);
  EXPECT_EQ(get(server, "/wait?who=x%0d%0a2026-01-01T00:00:00.000Z%20error%20forged%1b[31m%00%ff").status, 200);
  EXPECT_EQ(server.wait_for_line("and query "), R"(x\x0d\x0a2026-01-01T00:00:00.000Z error forged\x1b[31m\x00\xff)");
}

std::string with_ledger(std::string_view target) {
  return loopback("logs: { ledger: { to: \"" + std::string(target) + "\" } }\n" +
                  "server: { loops: 1, limits: { log_queue: 64KiB } }\npaths: { /: { handler: { scribe: {} } } }\n");
}

TEST(NamedLog, has_the_lines_of_modules_and_nothing_else) {
  Server server(with_ledger("ledger.log"));
  EXPECT_EQ(get(server, "/?line=one%0d%0atwo%1b%ff").body, "1");
  EXPECT_EQ(get(server, "/?line=three&times=1000").body, "1000");
  EXPECT_EQ(server.stop(), 0);
  std::string expected = "one\\x0d\\x0atwo\\x1b\\xff\n";
  for (int line = 0; line < 1000; ++line) expected += "three\n";
  EXPECT_EQ(contents_of(server.folder() / "ledger.log"), expected);
}

TEST(NamedLog, may_go_where_the_error_log_goes) {
  Server server(with_ledger("stderr"));
  EXPECT_EQ(get(server, "/?line=hello").body, "1");
  EXPECT_EQ(server.stop(), 0);
  EXPECT_THAT(server.log(), HasSubstr("\nhello\n"));
}

TEST(NamedLog, is_rotated_with_graceful) {
  Server server(with_ledger("ledger.log"));
  const auto file = server.folder() / "ledger.log";
  std::string all;
  int lines = 0;
  for (int rotation = 1; rotation <= 5; ++rotation) {
    const auto old = server.folder() / ("ledger.log." + std::to_string(rotation));
    EXPECT_EQ(get(server, "/?line=line&times=500").body, "500");
    lines += 500;
    std::filesystem::rename(file, old);
    server.signal(SIGUSR1);
    wait_for(file, "");
    all += contents_of(old);
  }
  EXPECT_EQ(server.stop(), 0);
  all += contents_of(file);
  std::string expected;
  for (int line = 0; line < lines; ++line) expected += "line\n";
  EXPECT_EQ(all, expected);
}

TEST(NamedLog, in_a_fifo_that_nobody_reads_drops_and_counts) {
  const FullFifo fifo;
  Server server(with_ledger(fifo.path()));
  const std::string line(999, 'x');
  EXPECT_EQ(get(server, "/?times=100&line=" + line).body, "65") << "64 KiB hold no more of 1000 bytes each";
  EXPECT_EQ(get(server, "/?times=100&line=" + line).body, "0");
  server.wait_for_log("log: 'ledger' cannot be written to " + fifo.path() + ": nobody reads it; lines are dropped");
  EXPECT_EQ(server.stop(), 0);
  EXPECT_THAT(server.log(), HasSubstr("log: 135 lines of 'ledger' dropped"));
  EXPECT_THAT(server.log(), HasSubstr("log: 65 lines for " + fifo.path() + " lost"));
}

TEST(NamedLog, on_a_full_disk_costs_no_request_and_is_told_once) {
  Server server(with_ledger("/dev/full"));
  for (int request = 0; request < 20; ++request) EXPECT_EQ(get(server, "/?line=x").body, "1");
  server.wait_for_log("log: 'ledger' cannot be written to /dev/full: No space left on device; its lines wait");
  EXPECT_EQ(server.stop(), 0);
  const auto said = server.log();
  EXPECT_EQ(said.find("cannot be written"), said.rfind("cannot be written"));
}

TEST(NamedLog, that_is_not_declared_is_known_to_the_module) {
  for (const auto* name : {"access", "error"}) {
    ServerOptions options;
    options.wait_until_ready = false;
    Server server(loopback("paths: { /: { handler: { scribe: { log: " + std::string(name) + " } } } }\n"), options);
    EXPECT_EQ(server.wait(), 3);
    EXPECT_THAT(server.log(), HasSubstr("there is no log '" + std::string(name) + "'"));
  }
}

}  // namespace
}  // namespace kirsch::test
