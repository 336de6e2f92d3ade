// sessions: who may change one, when others wait, and that no loop does.
#include <gmock/gmock.h>

#include <fstream>

#include "support/command.h"
#include "support/guests.h"

namespace kirsch::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string wake(const Server& server, const std::string& name) { return get(server, "/waker?wake=" + name).body; }

class Locking : public ::testing::TestWithParam<std::string> {
 protected:
  void start(const std::string& options, const std::string& server = "loops: 2, workers: 4",
             const std::string& more = {}) {
    auto yaml = visitors(options, GetParam(), more);
    yaml.replace(yaml.find("loops: 2, workers: 4"), 20, server);
    server_ = std::make_unique<Server>(yaml);
  }
  Server& server() { return *server_; }
  void wait_for_waits(std::uint64_t count) {
    until([&] { return counters_of(server()).lock_waits == count; });
  }
  // A guest with a session, which somebody of this name holds now.
  Guest held_by(const std::string& name) {
    Guest guest(server());
    guest.ask("/?set=a:1");
    holders_.push_back(guest.begin("/staying?count&stay=" + name));
    server().wait_for_log("visitor: " + name + " stays");
    return guest;
  }
  Client& holder() { return *holders_.back(); }

 private:
  std::unique_ptr<Server> server_;
  std::vector<std::unique_ptr<Client>> holders_;
};
INSTANTIATE_TEST_SUITE_P(Of, Locking, storages_of_both_kinds(), kind_name);

TEST_P(Locking, LetsOneAtATimeInTheOrderOfTheirComing) {
  start("");
  const auto guest = held_by("first");
  std::vector<std::unique_ptr<Client>> waiting;
  for (std::uint64_t number = 1; number <= 5; ++number) {
    waiting.push_back(guest.begin("/?count"));
    wait_for_waits(number);
  }
  for (const auto& client : waiting) EXPECT_TRUE(client->silent());
  EXPECT_EQ(get(server(), "/?set=a:1").status, 200);  // of others nobody waits
  wake(server(), "first");
  for (int number = 0; number < 5; ++number)
    EXPECT_EQ(waiting[static_cast<std::size_t>(number)]->read().body,
              "old\na=1\nn=" + std::to_string(number + 2) + "\n");
}

TEST_P(Locking, GivesUpAfterItsTimeAndSaysWhenToComeAgain) {
  start("lock_timeout: 50ms");
  auto guest = held_by("first");
  const auto refused = guest.ask("/?count");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("Retry-After"), "1");
  EXPECT_EQ(refused.count("Set-Cookie"), 0u);
  wake(server(), "first");
  EXPECT_THAT(holder().read().body, HasSubstr("n=1\n"));
  EXPECT_THAT(guest.body("/?count"), HasSubstr("n=2\n"));
}

TEST_P(Locking, IsGivenBackByAClientThatHasGone) {
  start("");
  auto guest = held_by("first");
  auto gone = guest.begin("/?count");  // while it waits
  wait_for_waits(1);
  auto next = guest.begin("/?count");
  wait_for_waits(2);
  gone->reset();
  holder().reset();  // while it has the lock
  // Loops do not agree on which of the two they have seen first: the one that waited may have had its turn.
  EXPECT_THAT(next->read().body, AnyOf("old\na=1\nn=1\n", "old\na=1\nn=2\n"));
  EXPECT_EQ(guest.ask("/?count").status, 200);
}

TEST_P(Locking, IsGivenBackByAnExchangeThatFails) {
  start("");
  Guest guest(server());
  guest.ask("/?set=a:1");
  for (const auto* target : {"/?count&throw", "/?count&fail=500", "/?count&fail=404", "/nowhere"}) {
    guest.ask(target);
    EXPECT_EQ(guest.ask("/").status, 200) << target;
  }
}

TEST_P(Locking, IsGivenBackBeforeABodyIsMade) {
  start("");
  Guest guest(server());
  guest.ask("/?set=a:1");
  const auto streaming = guest.begin("/streaming?set=b:2");
  EXPECT_THAT(streaming->read_some(), HasSubstr("200"));
  EXPECT_EQ(guest.body("/?set=c:3"), "old\na=1\nb=2\nc=3\n");
}

TEST_P(Locking, IsGivenBackBeforeAnUpgrade) {
  start("");
  Guest guest(server());
  guest.ask("/?set=a:1");
  Client upgraded(server());
  upgraded.send("GET /upgrading?set=b:2 HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n" +
                cookie_field(guest.id) + "\r\n");
  EXPECT_EQ(upgraded.read().status, 101);
  EXPECT_EQ(guest.body("/?set=c:3"), "old\na=1\nb=2\nc=3\n");
  upgraded.send("still there");
  EXPECT_EQ(upgraded.read_exactly(11), "still there");
}

TEST_P(Locking, ThatIsExplicitLetsAllReadAtOnce) {
  start("locking: explicit");
  Guest guest(server());
  guest.ask("/?set=a:1");
  const auto first = guest.begin("/staying?stay=first");
  server().wait_for_log("visitor: first stays");
  const auto second = guest.begin("/staying?stay=second");
  server().wait_for_log("visitor: second stays");
  EXPECT_EQ(guest.body("/"), "old readonly\na=1\n");
  EXPECT_EQ(guest.body("/locking?count"), "old\na=1\nn=1\n");
  EXPECT_EQ(counters_of(server()).lock_waits, 0u);
}

TEST_P(Locking, ThatIsExplicitIsNeededToChange) {
  start("locking: explicit");
  Guest guest(server());
  guest.ask("/?set=a:1");  // nobody else can know this one yet
  for (const auto* target : {"/?set=a:2", "/?erase=a", "/?clear", "/?regenerate", "/?login=ada", "/?token=csrf"})
    EXPECT_EQ(guest.ask(target).status, 500) << target;
  server().wait_for_log("with 'locking: explicit' a session is changed under its lock: Session::lock");
  EXPECT_EQ(guest.body("/"), "old readonly\na=1\n");
  const auto before = guest.id;
  EXPECT_EQ(guest.body("/locking?login=ada"), "old\na=1\nkirsch.user=ada\n");
  EXPECT_NE(guest.id, before);
  EXPECT_EQ(guest.ask("/?expire").status, 200);  // an end needs none
  EXPECT_EQ(guest.body("/"), "new\n");
}

TEST_P(Locking, ThatIsExplicitSeesWhatOthersHaveChanged) {
  start("locking: explicit, lock_timeout: 20s");
  Guest guest(server());
  EXPECT_EQ(guest.ask("/locking?count").body, "new\nn=1\n");
  std::vector<std::unique_ptr<Client>> all;
  for (int client = 0; client < 20; ++client) all.push_back(guest.begin("/locking?count"));
  for (const auto& client : all) EXPECT_EQ(client->read().status, 200);
  EXPECT_EQ(guest.body("/"), "old readonly\nn=21\n");
}

TEST_P(Locking, ThatIsEarlyComesBeforeTheBody) {
  start("locking: early");
  Guest guest(server());
  guest.ask("/?set=a:1");
  Client slow(server());
  slow.send("POST /?count HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n" +
            cookie_field(guest.id) + "\r\n");
  EXPECT_EQ(slow.read().status, 100);
  const auto waiting = guest.begin("/?count");
  wait_for_waits(1);
  slow.send("x");
  EXPECT_EQ(slow.read().body, "old\na=1\nn=1\n");
  EXPECT_EQ(waiting->read().body, "old\na=1\nn=2\n");
}

TEST_P(Locking, IsTakenFromWhoeverKeepsItTooLong) {
  start("lock_timeout: 900ms, lock_lease: 1s");
  auto guest = held_by("first");
  until([&] { return guest.ask("/?count").status == 200; });
  wake(server(), "first");
  EXPECT_EQ(holder().read().status, 503);
  server().wait_for_log("the lock was lost: the exchange took longer than lock_lease");
  EXPECT_EQ(guest.body("/"), "old\na=1\nn=1\n");
}

TEST_P(Locking, IsNeededForANewIdToo) {
  start("lock_timeout: 900ms, lock_lease: 1s");
  for (const std::string change : {"regenerate", "login=ada"}) {
    Guest guest(server());
    guest.ask("/?set=a:1");
    const auto late = guest.begin("/staying?" + change + "&set=late:" + change + "&stay=" + change);
    server().wait_for_log("visitor: " + change + " stays");
    until([&] { return guest.ask("/?count").status == 200; });
    wake(server(), change);
    const auto refused = late->read();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.count("Set-Cookie"), 0u);
    EXPECT_EQ(guest.body("/"), "old\na=1\nn=1\n");
  }
  until([&] { return counters_of(server()).records == 2; });  // and what was to have the new id is gone
}

TEST_P(Locking, LetsNoSessionComeBackThatHasEndedMeanwhile) {
  start("");
  auto guest = held_by("first");
  const auto ended = guest.begin("/?expire");
  wait_for_waits(1);
  const auto late = guest.begin("/?count");
  wait_for_waits(2);
  wake(server(), "first");
  EXPECT_EQ(ended->read().status, 200);
  EXPECT_EQ(late->read().body, "new\nn=1\n");
}

TEST_P(Locking, LetsNoNewIdBringBackASessionThatHasEndedMeanwhile) {
  start("", "loops: 2, workers: 4",
        "  /logout: { handler: { visitor: {} }, tools: { use: [guests], sessions: { locking: explicit } } }\n");
  for (const std::string change : {"regenerate", "login=bo"}) {
    Guest guest(server());
    guest.ask("/?login=ada");
    const auto changing = guest.begin("/staying?" + change + "&stay=" + change);
    server().wait_for_log("visitor: " + change + " stays");
    EXPECT_EQ(Guest(server(), guest.id).ask("/logout?expire").status, 200);
    EXPECT_EQ(counters_of(server()).records, 0u);
    wake(server(), change);
    const auto changed = changing->read();
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(guest.body("/"), "new\n");
    EXPECT_EQ(Guest(server(), cookie_of(changed)).body("/"),
              change == "regenerate" ? "new\n" : "old\nkirsch.user=bo\n");  // a login is one
    until([&] { return counters_of(server()).records == (change == "regenerate" ? 0u : 1u); });
  }
}

TEST_P(Locking, HoldsBetweenExchangesOfBeforeAndBehindAReload) {
  start("timeout: 10m");
  auto guest = held_by("first");
  auto yaml = contents_of(server().folder() / "kirsch.yaml");
  yaml.replace(yaml.find("timeout: 10m"), 12, "timeout: 20m");
  std::ofstream(server().folder() / "kirsch.yaml") << yaml;
  ASSERT_EQ(command(server(), "reload").exit_code, 0);
  const auto waiting = guest.begin("/?count");
  wait_for_waits(1);
  EXPECT_TRUE(waiting->silent());
  wake(server(), "first");
  EXPECT_EQ(holder().read().body, "old\na=1\nn=1\n");
  EXPECT_EQ(waiting->read().body, "old\na=1\nn=2\n");
}

TEST_P(Locking, LetsTheServerEndWhileSomebodyWaits) {
  start("lock_timeout: 20s", "drain: 200ms");
  const auto guest = held_by("first");
  const auto waiting = guest.begin("/?count");
  wait_for_waits(1);
  server().signal(SIGTERM);  // new requests find nobody, and those two have until the drain is over
  EXPECT_EQ(server().wait(), 0) << server().log();
}

// KIRSCH_SESSION_INCREMENTS=10000 is the whole of it.
TEST_P(Locking, LosesNoUpdateOfManyClients) {
  start("lock_timeout: 25s");
  const auto* const wanted = std::getenv("KIRSCH_SESSION_INCREMENTS");
  const int times = wanted == nullptr ? 20 : std::atoi(wanted);
  constexpr int clients = 64;
  Guest guest(server());
  guest.ask("/?count");
  EXPECT_EQ(failures_of_a_crowd({&server()}, guest.id, clients, times), 0);
  EXPECT_EQ(guest.body("/"), "old\nn=" + std::to_string(clients * times + 1) + "\n");
}

}  // namespace
}  // namespace kirsch::test
