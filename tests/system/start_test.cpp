// A start that fails says why in one readable message and with the exit code that belongs to it; `check` and `version`.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/client.h"
#include "support/kirsch.h"
#include "support/occurrences.h"
#include "support/own_namespaces.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr auto one_inspect = "paths: { /: { handler: { inspect: {} } } }\n";

class Start : public ::testing::Test {
 protected:
  // Runs the verb on this YAML until it ends.
  Result run(const std::string& yaml, const std::string& verb = "run") {
    const auto file = folder_.write("kirsch.yaml", completed(yaml));
    const auto state = folder_.path() / "state";
    std::filesystem::create_directory(state);
    return run_kirsch({verb, "-c", file.string()}, {}, {{"STATE_DIRECTORY", state.string()}});
  }
  static void expect_one_message(const Result& result, int code) {
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_EQ(occurrences(result.err, "error["), 1u) << result.err;
    EXPECT_THAT(result.out, Not(HasSubstr("ready")));
  }

  const TemporaryFolder folder_;
};

// A port that is taken, by a socket that shares it with nobody.
class TakenPort {
 public:
  TakenPort() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(descriptor_, 1) != 0 ||
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no port to take");
    }
    text_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~TakenPort() { ::close(descriptor_); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  const std::string& text() const { return text_; }
  std::string port() const { return text_.substr(text_.find(':') + 1); }

 private:
  int descriptor_;
  std::string text_;
};

std::string listening_on(const std::string& address) {
  return "version: 1\nlisteners:\n  main: { bind: \"" + address + "\" }\n" + one_inspect;
}

TEST_F(Start, on_a_port_in_use_fails_with_5_and_names_it) {
  const TakenPort taken;
  const auto result = run(listening_on(taken.text()));
  expect_one_message(result, 5);
  EXPECT_THAT(result.err, HasSubstr("port " + taken.port() + " on 127.0.0.1 is in use"));
  EXPECT_THAT(result.err, HasSubstr("kirsch.yaml:3"));
}

TEST_F(Start, on_the_port_of_another_kirsch_fails_with_5) {
  const Server other(loopback(one_inspect));
  const auto result = run(listening_on("127.0.0.1:" + std::to_string(other.port())));
  expect_one_message(result, 5);
  EXPECT_THAT(result.err, HasSubstr("port " + std::to_string(other.port())));
}

TEST_F(Start, on_an_address_that_is_not_ours_fails_with_5) { expect_one_message(run(listening_on("192.0.2.1:0")), 5); }

TEST_F(Start, without_its_file_fails_with_3_and_names_it) {
  const auto missing = (folder_.path() / "nowhere.yaml").string();
  const auto result = run_kirsch({"run", "-c", missing});
  expect_one_message(result, 3);
  EXPECT_THAT(result.err, HasSubstr(missing));
}

TEST_F(Start, with_a_syntax_error_fails_with_3_and_shows_the_place) {
  const auto result = run("version: 1\nlisteners: { main: { bind: \"127.0.0.1:0\" }\npaths: {}\n");
  expect_one_message(result, 3);
  EXPECT_THAT(result.err, HasSubstr("kirsch.yaml:"));
}

TEST_F(Start, with_a_duplicate_key_fails_with_3) {
  const auto result = run(loopback(std::string(one_inspect) + one_inspect));
  expect_one_message(result, 3);
  EXPECT_THAT(result.err, HasSubstr("paths"));
}

TEST_F(Start, with_an_unknown_tool_fails_with_3_and_knows_a_better_name) {
  const auto result = run(loopback("tools: { noop: {}, recordr: {} }\n" + std::string(one_inspect)));
  expect_one_message(result, 3);
  EXPECT_THAT(result.err, HasSubstr("'recordr'"));
  EXPECT_THAT(result.err, HasSubstr("did you mean 'recorder'?"));
  EXPECT_THAT(result.err, HasSubstr("kirsch.yaml:3:20"));
  EXPECT_THAT(result.err, HasSubstr("tools: { noop: {}, recordr: {} }\n"));
  EXPECT_THAT(result.err, HasSubstr("^^^^^^^"));
}

TEST_F(Start, with_several_mistakes_shows_them_all) {
  const auto result =
      run(loopback("tools: { recordr: {} }\nserver: { worker: 3, drain: soon }\npaths: { /: { handler: "
                   "{ ticker: { size: -1 } } } }\n"));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(occurrences(result.err, "error["), 4u) << result.err;
}

TEST_F(Start, with_an_option_that_its_module_refuses_fails_with_3_at_its_place) {
  const auto result = run(loopback("paths: { /: { handler: { deliver_file: { root: nowhere } } } }\n"));
  expect_one_message(result, 3);
  EXPECT_THAT(result.err, HasSubstr("cannot open the directory"));
  EXPECT_THAT(result.err, HasSubstr("kirsch.yaml:3"));
}

TEST_F(Start, without_the_folder_of_plugins_fails_with_3) {
  const auto missing = (folder_.path() / "nowhere").string();
  const auto result = run(loopback("plugins: { path: [\"" + missing + "\"] }\n" + one_inspect));
  expect_one_message(result, 3);
  EXPECT_THAT(result.err, HasSubstr(missing));
}

TEST_F(Start, without_room_for_its_modules_fails_with_5_and_tells_what_to_do) {
  if (const auto reason = namespaces_denied()) GTEST_SKIP() << *reason;
  in_own_namespaces([&] {
    std::filesystem::create_directory("/srv/disk");
    ASSERT_EQ(::mount("tmpfs", "/srv/disk", "tmpfs", 0, "size=16k,mode=700"), 0);
    const auto result = run(loopback(std::string("server: { state: /srv/disk/state }\n") + one_inspect));
    expect_one_message(result, 5);
    EXPECT_THAT(result.err, HasSubstr("No space left on device"));
    EXPECT_THAT(result.err, HasSubstr("help: free some space there, or name another place: server: { state: /path }"));
  });
}

TEST_F(Start, that_a_plugin_fails_ends_with_1_and_undoes_the_others_in_reverse) {
  const auto result =
      run(loopback("engine: { signals: {}, phase_three: { fail: start }, phase_two: {}, phase_one: {} }\n" +
                   std::string(one_inspect)));
  EXPECT_EQ(result.exit_code, 1) << result.err;
  std::string order;
  for (auto at = result.err.find("phase "); at != std::string::npos; at = result.err.find("phase ", at + 1)) {
    if (result.err.compare(at + 7, 2, ": ") != 0) continue;
    order += result.err.substr(at + 6, 1) + result.err.substr(at + 9, 4) + ' ';
  }
  EXPECT_EQ(order.substr(0, 30), "1star 2star 3star 2stop 1stop ") << result.err;
  EXPECT_THAT(order, HasSubstr("2exit 1exit ")) << result.err;
  EXPECT_THAT(order, Not(HasSubstr("3stop"))) << "it never started";
  EXPECT_THAT(result.err, HasSubstr("phase_three"));
  EXPECT_THAT(result.err, HasSubstr("phase 3 fails in start"));
  EXPECT_THAT(result.out, Not(HasSubstr("ready")));
}

TEST_F(Start, with_a_sound_file_passes_check) {
  const auto result = run(loopback("tools: { noop: {} }\n" + std::string(one_inspect)), "check");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("kirsch.yaml is fine"));
  EXPECT_EQ(result.err, "");
}

TEST_F(Start, with_a_mistake_fails_check_with_the_same_message) {
  const auto yaml = loopback("tools: { recordr: {} }\n" + std::string(one_inspect));
  const auto checked = run(yaml, "check");
  const auto started = run(yaml);
  EXPECT_EQ(checked.exit_code, 3);
  EXPECT_EQ(checked.err, started.err);
}

TEST(Command, prints_its_version) {
  for (const std::string word : {"version", "--version"}) {
    const auto result = run_kirsch({word});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, StartsWith("kirsch 0."));
    EXPECT_EQ(result.err, "");
  }
}

TEST(Command, prints_help) {
  const auto result = run_kirsch({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  for (const auto* verb : {"run", "check", "version"}) EXPECT_THAT(result.out, HasSubstr(verb));
}

TEST(Command, that_is_used_wrongly_fails_with_2) {
  using Arguments = std::vector<std::string>;
  for (const Arguments& arguments : {Arguments{}, Arguments{"serve"}, Arguments{"run", "--nonsense"},
                                     Arguments{"run", "-c"}, Arguments{"check", "one", "two"}}) {
    const auto result = run_kirsch(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_NE(result.err, "");
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(Start, colours_nothing_where_nobody_sees_it) {
  const auto result = run(loopback("tools: { recordr: {} }\n" + std::string(one_inspect)));
  EXPECT_EQ(result.err.find('\x1B'), std::string::npos);
}

}  // namespace
}  // namespace kirsch::test
