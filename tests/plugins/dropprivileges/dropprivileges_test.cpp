// dropprivileges: every thread of the server that answers on a low port is the user's, has no rights, and gets none
// back.
#include <gmock/gmock.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "support/client.h"
#include "support/family.h"
#include "support/kirsch.h"
#include "support/own_namespaces.h"

namespace kirsch::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto here = "paths: { /: { handler: { respond: { body: here } } } }\n";
constexpr auto modules = "plugins: { path: [/srv/plugins, /srv/fixtures] }\nserver: { state: /run/state, loops: 2 }\n";

ServerOptions starting() {
  ServerOptions options;
  options.environment = without_leak_check();
  return options;
}

std::string on_port_80(const std::string& engine) {
  return "version: 1\nlisteners: { main: { bind: \"0.0.0.0:80\" } }\nengine:\n  signals: {}\n" + engine +
         std::string(modules) + here;
}

std::map<std::string, std::string> status_of(const std::filesystem::path& task) {
  std::map<std::string, std::string> status;
  std::ifstream file(task / "status");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(":\t");
    if (colon != std::string::npos) status[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return status;
}

// Those of the family that serve: they have loops, of which one may have answered before another has its name.
std::vector<pid_t> servers(pid_t first) {
  std::vector<pid_t> found;
  for (const pid_t process : family(first)) {
    const auto tasks = tasks_of(process);
    if (std::ranges::any_of(tasks,
                            [](const auto& task) { return status_of(task)["Name"].starts_with("kirsch-loop-"); }))
      found.push_back(process);
  }
  return found;
}

const passwd& www_data() { return *::getpwnam("www-data"); }

void expect_dropped(pid_t process, const std::string& capabilities, const std::string& groups) {
  const auto id = std::to_string(www_data().pw_uid);
  const auto group = std::to_string(www_data().pw_gid);
  for (const auto& task : tasks_of(process)) {
    auto status = status_of(task);
    SCOPED_TRACE(status["Name"]);
    EXPECT_EQ(status["Uid"], id + '\t' + id + '\t' + id + '\t' + id);
    EXPECT_EQ(status["Gid"], group + '\t' + group + '\t' + group + '\t' + group);
    EXPECT_EQ(status["Groups"], groups + " ");
    for (const auto* set : {"CapPrm", "CapEff", "CapBnd"}) EXPECT_EQ(status[set], capabilities) << set;
    for (const auto* set : {"CapInh", "CapAmb"}) EXPECT_EQ(status[set], "0000000000000000") << set;
    EXPECT_EQ(status["NoNewPrivs"], "1");
  }
}

class Dropprivileges : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = namespaces_denied()) GTEST_SKIP() << *reason;
  }
};

constexpr auto none = "0000000000000000";

TEST_F(Dropprivileges, LeavesNoRightsInAnyThreadOfAServerOnPort80) {
  in_own_namespaces([] {
    std::filesystem::create_directory("/run/kirsch");
    Server server(on_port_80("  pidfile: { path: /run/kirsch/kirsch.pid }\n"
                             "  dropprivileges: { user: www-data, group: www-data }\n"),
                  starting());
    Client client(server);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read().body, "here");
    const auto serving = servers(server.pid());
    ASSERT_EQ(serving.size(), 1u);
    EXPECT_GE(tasks_of(serving.front()).size(), 5u);
    expect_dropped(serving.front(), none, std::to_string(www_data().pw_gid));
    // Whichever process that is: it is asked to end, and takes the file along.
    const pid_t named = std::stoi(contents_of("/run/kirsch/kirsch.pid"));
    EXPECT_THAT(family(server.pid()), ::testing::Contains(named));
    ::kill(named, SIGTERM);
    EXPECT_EQ(server.wait(), 0) << server.log();
    EXPECT_FALSE(std::filesystem::exists("/run/kirsch/kirsch.pid"));
  });
}

// The keeper reads what the server may not any more, but only what the configuration names.
TEST_F(Dropprivileges, ReloadsCertificatesAndLogsThatOnlyRootMayOpen) {
  in_own_namespaces([] {
    std::filesystem::create_directory("/run/tls");
    ::chmod("/run/tls", 0700);
    const auto certify = [] {
      return run_kirsch({"certificate", "self-signed", "--host", "localhost", "--directory", "/run/tls"}).exit_code;
    };
    ASSERT_EQ(certify(), 0);
    const Server server(
        "version: 1\nlisteners: { main: { bind: \"127.0.0.1:443\", tls: { certificate: /run/tls/cert.pem, "
        "private_key: /run/tls/privkey.pem } } }\nengine: { signals: {}, dropprivileges: { user: "
        "www-data } }\n" +
            std::string("logs: { error: { to: /run/tls/error.log } }\n") + modules + here,
        starting());
    const auto serial = [] {
      Process client({"sh", "-c", "openssl s_client -connect 127.0.0.1:443 </dev/null | openssl x509 -noout -serial"});
      client.wait();
      return client.output().out;
    };
    const auto first = serial();
    EXPECT_THAT(first, HasSubstr("serial="));
    for (const auto* file : {"/run/tls/cert.pem", "/run/tls/privkey.pem"}) std::filesystem::remove(file);
    std::filesystem::rename("/run/tls/error.log", "/run/tls/error.log.1");
    ASSERT_EQ(certify(), 0);
    const auto reload = run_kirsch({"reload", "-c", (server.folder() / "kirsch.yaml").string()}, {},
                                   {{"STATE_DIRECTORY", (server.folder() / "state").string()}});
    EXPECT_EQ(reload.exit_code, 0) << reload.err << server.log();
    EXPECT_TRUE(std::filesystem::exists("/run/tls/error.log"));
    EXPECT_THAT(serial(), ::testing::AllOf(HasSubstr("serial="), Not(first)));
  });
}

TEST_F(Dropprivileges, ReportsCrashesToALogThatOnlyRootMayOpen) {
  if (sanitized()) GTEST_SKIP() << "sanitizers report faults themselves";
  in_own_namespaces([] {
    const std::filesystem::path log = "/run/log/error.log";
    std::filesystem::create_directory(log.parent_path());
    ::chmod(log.parent_path().c_str(), 0700);
    const Server server(
        "version: 1\nlisteners: { main: { bind: \"127.0.0.1:80\" } }\nengine: { signals: {}, dropprivileges: { user: "
        "www-data } }\nlogs: { error: { to: " +
            log.string() + " } }\n" + modules + "paths: { /: { handler: { crasher: {} } } }\n",
        starting());
    const auto crash = [&] {
      Client client(server);
      client.send("GET /?how=pointer HTTP/1.1\r\nHost: a\r\n\r\n");
      EXPECT_TRUE(client.closed_by_peer());
      EXPECT_THAT(contents_of(log), HasSubstr("kirsch: running module crasher"));
    };
    crash();
    while (contents_of(log).find("another one is started") == std::string::npos) continue;  // the keeper has seen it
    std::filesystem::rename(log, "/run/log/error.log.1");
    const auto reopened = run_kirsch({"reload", "-c", (server.folder() / "kirsch.yaml").string()}, {},
                                     {{"STATE_DIRECTORY", (server.folder() / "state").string()}});
    EXPECT_EQ(reopened.exit_code, 0) << reopened.err;
    crash();
  });
}

// Who owns the folder could lead root anywhere by a link.
TEST_F(Dropprivileges, DoesNotOpenAsRootWhatTheRunUserMayRedirect) {
  in_own_namespaces([] {
    std::filesystem::create_directory("/run/own");
    ASSERT_EQ(::chown("/run/own", www_data().pw_uid, www_data().pw_gid), 0);
    const Server server(
        "version: 1\nlisteners: { main: { bind: \"127.0.0.1:80\" } }\nengine: { signals: {}, dropprivileges: "
        "{ user: www-data } }\nlogs: { error: { to: /run/own/error.log } }\n" +
            std::string(modules) + here,
        starting());
    std::filesystem::rename("/run/own/error.log", "/run/own/error.log.1");
    std::ofstream("/run/secret") << "nobody's business\n";
    ::chmod("/run/secret", 0600);
    std::filesystem::create_symlink("/run/secret", "/run/own/error.log");
    const auto reload = run_kirsch({"reload", "-c", (server.folder() / "kirsch.yaml").string()}, {},
                                   {{"STATE_DIRECTORY", (server.folder() / "state").string()}});
    EXPECT_EQ(reload.exit_code, 5) << reload.err;
    EXPECT_EQ(contents_of("/run/secret"), "nobody's business\n");
  });
}

TEST_F(Dropprivileges, KeepsACapabilityThatYamlNames) {
  in_own_namespaces([] {
    const Server server(on_port_80("  dropprivileges: { user: www-data, capabilities: [net_bind_service] }\n"),
                        starting());
    for (const pid_t process : servers(server.pid()))
      expect_dropped(process, "0000000000000400", std::to_string(www_data().pw_gid));
  });
}

TEST_F(Dropprivileges, HasTheGroupsOfTheList) {
  in_own_namespaces([] {
    const auto tty = std::to_string(::getgrnam("tty")->gr_gid);
    const Server server(on_port_80("  dropprivileges: { user: www-data, groups: [tty, " + tty + "] }\n"), starting());
    for (const pid_t process : servers(server.pid()))
      expect_dropped(process, none, tty + " " + std::to_string(www_data().pw_gid));
  });
}

TEST_F(Dropprivileges, TakesNumbers) {
  in_own_namespaces([] {
    const Server server(on_port_80("  dropprivileges: { user: \"" + std::to_string(www_data().pw_uid) + "\" }\n"),
                        starting());
    for (const pid_t process : servers(server.pid())) expect_dropped(process, none, std::to_string(www_data().pw_gid));
  });
}

TEST_F(Dropprivileges, FailsTheStartWhereAThreadKeepsItsRights) {
  in_own_namespaces([] {
    auto options = starting();
    options.wait_until_ready = false;
    Server server(on_port_80("  early_thread: {}\n  dropprivileges: { user: www-data }\n"), options);
    EXPECT_NE(server.wait(), 0);
    // TSan's own thread, which begins with the first other one, has the program's name and may be found before it.
    EXPECT_THAT(server.log(), ContainsRegex("privileges were not dropped: thread '(early-thread|kirsch)' has "));
    EXPECT_THAT(server.log(), Not(HasSubstr("ready\n")));
  });
}

// Without root: as the user, and as somebody else.
int run_as(const std::string& user, std::string& output) {
  std::ofstream("/srv/kirsch.yaml") << "version: 1\nlisteners: { main: { bind: \"127.0.0.1:0\" } }\n"
                                       "engine: { signals: {}, dropprivileges: { user: www-data } }\n"
                                    << "plugins: { path: [/srv/plugins] }\nserver: { state: /srv/state }\n"
                                    << here;
  const auto* account = ::getpwnam(user.c_str());
  std::filesystem::create_directory("/srv/state");
  EXPECT_EQ(::chown("/srv/state", account->pw_uid, account->pw_gid), 0);
  std::filesystem::permissions("/srv/state", std::filesystem::perms::owner_all);
  Process process({"setpriv", "--reuid", user, "--regid", std::to_string(account->pw_gid), "--clear-groups",
                   "/srv/bin/kirsch", "run", "-c", "/srv/kirsch.yaml"},
                  {.folder = "/srv", .environment = without_leak_check(), .input = {}});
  const bool serves = process.wait_for([](const auto& made) { return made.out.find("ready\n") != std::string::npos; });
  if (serves) process.signal(SIGTERM);
  const int code = process.wait();
  output = process.output().all;
  return code;
}

TEST_F(Dropprivileges, HasNothingToDoForTheUserItself) {
  in_own_namespaces([] {
    std::filesystem::create_directory("/srv/bin");
    std::filesystem::copy(kirsch_program(), "/srv/bin");
    std::string output;
    EXPECT_EQ(run_as("www-data", output), 0) << output;
    EXPECT_THAT(output, HasSubstr("already running as www-data"));
  });
}

TEST_F(Dropprivileges, IsRefusedToAnybodyElse) {
  in_own_namespaces([] {
    std::filesystem::create_directory("/srv/bin");
    std::filesystem::copy(kirsch_program(), "/srv/bin");
    std::string output;
    EXPECT_EQ(run_as("nobody", output), 5) << output;
    EXPECT_THAT(output, HasSubstr("only root can become 'www-data'"));
    EXPECT_THAT(output, HasSubstr("kirsch.yaml:3"));
  });
}

std::string refused(const std::string& options) {
  TemporaryFolder folder;
  const auto file =
      folder.write("kirsch.yaml", completed(loopback("engine: { dropprivileges: " + options + " }\n" + here)));
  const auto result = run_kirsch({"run", "-c", file.string()}, {}, {{"STATE_DIRECTORY", folder.path() / "state"}});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.err, HasSubstr("kirsch.yaml:3"));
  return result.err;
}

TEST(DropprivilegesOptions, ThatMakeNoSenseAreErrorsWithTheirPlace) {
  EXPECT_THAT(refused("{ user: nosuchuser }"), HasSubstr("no user 'nosuchuser'"));
  EXPECT_THAT(refused("{ user: root }"), HasSubstr("'root' is root"));
  EXPECT_THAT(refused("{ user: \"0\" }"), HasSubstr("'0' is root"));
  EXPECT_THAT(refused("{ user: \"4294967295\" }"), HasSubstr("no user '4294967295'"));
  EXPECT_THAT(refused("{ user: \"54321\" }"), HasSubstr("`group` must be said"));
  EXPECT_THAT(refused("{ user: www-data, group: nosuchgroup }"), HasSubstr("no group 'nosuchgroup'"));
  EXPECT_THAT(refused("{ user: www-data, group: root }"), HasSubstr("'root' is root's"));
  EXPECT_THAT(refused("{ user: www-data, groups: [tty, root] }"), HasSubstr("'root' is root's"));
  EXPECT_THAT(refused("{ user: www-data, capabilities: [fly] }"), HasSubstr("no capability 'fly'"));
  EXPECT_THAT(refused("{ user: www-data, capabilities: [CAP_SYS_ADMIN] }"), HasSubstr("as good as root"));
  EXPECT_THAT(refused("{ user: www-data, umask: \"99\" }"), HasSubstr("no umask"));
}

}  // namespace
}  // namespace kirsch::test
