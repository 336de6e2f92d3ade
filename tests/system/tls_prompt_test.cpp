// Passwords that somebody types: at a real terminal, once, whichever processes come and go afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "support/certificates.h"
#include "support/command.h"
#include "support/family.h"
#include "support/occurrences.h"
#include "support/tls_client.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A terminal whose user knows the answers. What appears on it goes to standard output; an end is passed on.
constexpr auto terminal = R"(
import os, pty, signal, sys
answers, command = sys.argv[1].encode().decode('unicode_escape').split('|'), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
said, seen = b'', 0
while True:
    try:
        more = os.read(terminal, 4096)
    except OSError:
        break
    if not more:
        break
    said += more
    while answers and (said.count(b'Password of') + said.count(b'Once more')) > seen:
        os.write(terminal, answers.pop(0).encode())
        seen += 1
    sys.stdout.write(more.decode().replace('\r\n', '\n'))
    sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
)";

class TlsPrompt : public ::testing::Test {
 protected:
  void SetUp() override {
    openssl({"pkcs8", "-topk8", "-in", certificates_.private_key(), "-out", locked_, "-passout", "pass:open sesame"});
    std::filesystem::permissions(locked_, std::filesystem::perms(0600));
  }
  std::string yaml(const std::string& rest = {}) const {
    return "version: 1\nlisteners: { main: { bind: \"127.0.0.1:0\", tls: { certificate: \"" +
           certificates_.certificate() + "\", private_key: \"" + locked_ + "\", password: prompt } } }\n" + hello_path +
           rest;
  }
  ServerOptions typing(const std::string& answers) const { return {.launcher = {"python3", "-c", terminal, answers}}; }
  // Of a start that fails.
  std::string refused(const std::string& answers) const {
    auto options = typing(answers);
    options.wait_until_ready = false;
    Server server(yaml(), options);
    EXPECT_EQ(server.wait(), 3) << server.log();
    return server.log();
  }

  const Certificates certificates_;
  const std::string locked_ = (certificates_.folder() / "locked.pem").string();
};

TEST_F(TlsPrompt, asks_until_it_is_right_and_shows_nothing) {
  Server server(yaml(), typing("sesame\\n|open sezame\\x7f\\x7f\\x7f\\x7fsame\\n"));
  EXPECT_THAT(TlsClient(server.port()).ask(localhost_get), HasSubstr("hello"));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_THAT(server.log(),
              AllOf(HasSubstr("Password of "), HasSubstr("Wrong. Once more: "), Not(HasSubstr("sesame"))));
}

TEST_F(TlsPrompt, gives_up_after_three_tries) {
  EXPECT_THAT(refused("a\\n|b\\n|c\\n|d\\n"), HasSubstr("the password of the private key is wrong"));
}

TEST_F(TlsPrompt, ends_with_control_c) { EXPECT_THAT(refused("\\x03"), HasSubstr("nobody answers at a terminal")); }

// The parameter: whether a keeper stands between.
class TlsPromptOnce : public TlsPrompt, public ::testing::WithParamInterface<std::string> {
 protected:
  std::string settings() const { return "server: { keeper: " + GetParam() + " }\n"; }
};

TEST_P(TlsPromptOnce, never_hangs_without_a_terminal) {
  Server server(yaml(settings()), {.launcher = {"setsid", "--wait"}, .wait_until_ready = false});
  EXPECT_EQ(server.wait(), 3);
  EXPECT_THAT(server.log(), HasSubstr("nobody answers at a terminal"));
}

TEST_P(TlsPromptOnce, is_enough_for_the_processes_of_restarts) {
  Server server(yaml(settings()), typing("open sesame\\n"));
  for (int count = 0; count < 2; ++count) {
    const auto restart = command(server, "restart");
    ASSERT_EQ(restart.exit_code, 0) << restart.err << server.log();
    EXPECT_THAT(TlsClient(server.port()).ask(localhost_get), HasSubstr("hello"));
  }
  EXPECT_EQ(occurrences(server.log(), "Password of "), 1U);
  EXPECT_EQ(command(server, "stop").exit_code, 0);
}

TEST_P(TlsPromptOnce, is_asked_before_a_daemon_leaves_its_terminal) {
  auto options = typing("open sesame\\n");
  const auto pid_file = certificates_.folder() / "pid";
  Server server(
      yaml(settings() + "engine: { signals: {}, daemonizer: {}, pidfile: { path: \"" + pid_file.string() + "\" } }\n"),
      {.launcher = options.launcher, .wait_until_ready = false});
  ASSERT_EQ(server.wait(), 0) << server.log();
  EXPECT_THAT(server.log(), AllOf(HasSubstr("Password of "), HasSubstr("\nready in ")));
  EXPECT_EQ(command(server, "restart").exit_code, 0);
  EXPECT_EQ(command(server, "stop").exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Keeper, TlsPromptOnce, ::testing::Values("on", "off"),
                         [](const auto& one) { return one.param; });

TEST_F(TlsPrompt, is_known_to_servers_that_are_started_again) {
  Server server(yaml("server: { keeper: on, processes: 2 }\n"), typing("open sesame\\n"));
  const auto first = processes(server, "started");
  for (const pid_t each : first) ::kill(each, SIGABRT);
  server.wait_for_log("started server process", 2);
  EXPECT_THAT(TlsClient(server.port()).ask(localhost_get), HasSubstr("hello"));
  EXPECT_EQ(occurrences(server.log(), "Password of "), 1U);
}

TEST_F(TlsPrompt, of_a_key_that_is_new_is_for_a_start) {
  Server server(over_tls(certificates_, std::string("server: { keeper: on }\n") + hello_path));
  std::filesystem::copy_file(locked_, certificates_.private_key(), std::filesystem::copy_options::overwrite_existing);
  const auto file = server.folder() / "kirsch.yaml";
  auto text = contents_of(file);
  text.insert(text.find(", private_key:"), ", password: prompt");
  std::ofstream(file) << text;
  const auto restart = command(server, "restart");
  EXPECT_EQ(restart.exit_code, 8);
  EXPECT_THAT(restart.err, AllOf(HasSubstr("the password of a private key is to be typed, and nobody was asked"),
                                 HasSubstr("stop the server and start it")));
  EXPECT_THAT(TlsClient(server.port()).ask(localhost_get), HasSubstr("hello"));
}

}  // namespace
}  // namespace kirsch::test
