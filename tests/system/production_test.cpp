// config/production.yaml as an operator starts it: root, ports 80 and 443, a daemon of another user; and the files for
// systemd.
#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>
#include <set>
#include <sstream>

#include "support/certificates.h"
#include "support/client.h"
#include "support/family.h"
#include "support/kirsch.h"
#include "support/own_namespaces.h"
#include "support/tls_client.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::map<std::string, std::string> places() {
  auto environment = without_leak_check();
  for (const auto& [name, place] : std::map<std::string, std::string>{{"KIRSCH_LOGS", "/run/log"},
                                                                      {"KIRSCH_RUN", "/run/kirsch"},
                                                                      {"KIRSCH_STATE", "/run/state"},
                                                                      {"KIRSCH_TLS", "/run/tls"},
                                                                      {"KIRSCH_ROOT", "/srv/www"}}) {
    environment[name] = place;
    std::filesystem::create_directory(place);
  }
  std::ofstream("/srv/www/index.html") << "served\n";
  const Certificates certificates;
  for (const auto& [from, to] :
       std::map<std::string, std::string>{{"cert", "cert"}, {"privkey", "privkey"}, {"ca", "chain"}})
    std::filesystem::copy(certificates.folder() / (from + ".pem"), "/run/tls/" + to + ".pem");
  std::filesystem::permissions("/run/tls", std::filesystem::perms::owner_all);
  // The server finds its modules beside itself.
  std::filesystem::create_directory("/srv/bin");
  std::filesystem::copy(kirsch_program(), "/srv/bin");
  return environment;
}

TEST(Production, StartsAsRootOnItsPortsAndServesAsSomebodyElse) {
  if (const auto reason = namespaces_denied()) GTEST_SKIP() << *reason;
  in_own_namespaces([] {
    const auto environment = places();
    Process launcher({"/srv/bin/kirsch", "run", "-c", (source_folder() / "config" / "production.yaml").string()},
                     {.folder = {}, .environment = environment, .input = {}});
    ASSERT_EQ(launcher.wait(), 0) << launcher.output().all;
    EXPECT_THAT(launcher.output().out,
                MatchesRegex("serving http://0.0.0.0:80\nserving https://0.0.0.0:443\nready in .*\n"));
    Client client(std::uint16_t{80});
    ASSERT_TRUE(client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"));
    const auto moved = client.read();
    EXPECT_EQ(moved.status, 308);
    EXPECT_EQ(moved.field("Location"), "https://a/x");
    EXPECT_FALSE(moved.field("Strict-Transport-Security"));
    TlsClient secure(443, {.server_name = "localhost", .authority = "/run/tls/chain.pem"});
    EXPECT_THAT(secure.ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                AllOf(HasSubstr("\r\n\r\nserved\n"), HasSubstr("\r\nX-Frame-Options: DENY\r\n"),
                      HasSubstr("\r\nStrict-Transport-Security: max-age=63072000\r\n")));
    const pid_t named = std::stoi(contents_of("/run/kirsch/kirsch.pid"));
    ::kill(named, SIGTERM);
    EXPECT_TRUE(ends(named));
    EXPECT_FALSE(std::filesystem::exists("/run/kirsch/kirsch.pid"));
    EXPECT_THAT(contents_of("/run/log/error.log"), HasSubstr("running as www-data"));
    EXPECT_THAT(contents_of("/run/log/access.log"), HasSubstr("\"GET / HTTP/1.1\" 200"));
  });
}

// What the file does once it has moved logs away.
int after_rotation() {
  const auto text = contents_of(source_folder() / "config" / "logrotate.d" / "kirsch");
  const auto start = text.find("postrotate\n") + 11;
  Process script({"sh", "-e", "-c", text.substr(start, text.find("endscript") - start)});
  return script.wait();
}

TEST(Logrotate, AsksTheServerThatHoldsThePidfileAndNobodyElse) {
  if (const auto reason = namespaces_denied()) GTEST_SKIP() << *reason;
  in_own_namespaces([] {
    std::filesystem::create_directory("/run/kirsch");
    EXPECT_EQ(after_rotation(), 0) << "no file";
    Process other({"tail", "-f", "/dev/null"});  // dies of SIGUSR1
    std::ofstream("/run/kirsch/kirsch.pid") << other.pid() << '\n';
    EXPECT_EQ(after_rotation(), 0);
    Server server(
        loopback("engine: { signals: { SIGUSR1: graceful }, pidfile: { path: /run/kirsch/kirsch.pid } }\n"
                 "paths: { /: { handler: { respond: { body: here } } } }\n"));
    EXPECT_EQ(after_rotation(), 0);
    server.wait_for_log("bus graceful: ");
    other.signal(SIGTERM);
    EXPECT_EQ(other.wait(), 128 + SIGTERM);
    EXPECT_EQ(server.stop(), 0) << server.log();
  });
}

TEST(Unit, LeavesLittleToAttack) {
  const auto unit = source_folder() / "config" / "systemd" / "kirsch.service";
  if (!std::filesystem::exists("/usr/bin/systemd-analyze")) GTEST_SKIP() << "no systemd-analyze here";
  Process analyze({"systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=17", unit.string()});
  EXPECT_EQ(analyze.wait(), 0) << analyze.output().all;
}

std::set<std::string> members(const std::string& set) {
  Process listing({"systemd-analyze", "syscall-filter", "--no-pager", set});
  EXPECT_EQ(listing.wait(), 0) << listing.output().all;
  std::set<std::string> found;
  std::istringstream words(listing.output().out);
  std::string word;
  words >> word;  // its own name
  for (std::string line; std::getline(words, line);) {
    if (line.find('#') != line.npos) continue;
    const auto start = line.find_first_not_of(' ');
    if (start == line.npos) continue;
    if (line[start] == '@')
      found.merge(members(line.substr(start)));
    else
      found.insert(line.substr(start));
  }
  return found;
}

TEST(Unit, LetsTheServerGiveASocketToAGroup) {
  if (!std::filesystem::exists("/usr/bin/systemd-analyze")) GTEST_SKIP() << "no systemd-analyze here";
  std::ifstream unit(source_folder() / "config" / "systemd" / "kirsch.service");
  std::set<std::string> allowed;
  for (std::string line; std::getline(unit, line);) {
    constexpr std::string_view key = "SystemCallFilter=";
    if (!line.starts_with(key)) continue;
    const bool taken = line[key.size()] == '~';
    std::istringstream sets(line.substr(key.size() + (taken ? 1 : 0)));
    for (std::string set; sets >> set;) {
      for (const auto& call : members(set)) {
        if (taken)
          allowed.erase(call);
        else
          allowed.insert(call);
      }
    }
  }
  for (const auto* call : {"chown", "fchown", "fchownat", "lchown", "chmod", "bind"})
    EXPECT_TRUE(allowed.contains(call)) << call;
  for (const auto* call : {"setuid", "chroot", "setrlimit", "mount"}) EXPECT_FALSE(allowed.contains(call)) << call;
}

}  // namespace
}  // namespace kirsch::test
