// sessions: what clients see while the storage is down, and when it is back.
#include <gmock/gmock.h>

#include <filesystem>

#include "support/guests.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

// The storage is down while the file is there.
class StorageDown : public ::testing::Test {
 protected:
  std::string yaml(const std::string& options) const {
    return visitors(options, "{ cellar: { down: " + switch_.string() + " } }",
                    "  /static: { handler: { respond: {} } }\n");
  }
  void fail() const { folder_.write("down", ""); }
  void mend() const { std::filesystem::remove(switch_); }

 private:
  const TemporaryFolder folder_;
  const std::filesystem::path switch_ = folder_.path() / "down";
};

TEST_F(StorageDown, Is503WhereSessionsAreNeededAndNowhereElse) {
  const Server server(yaml(""));
  Guest guest(server);
  guest.ask("/?set=a:1");
  fail();
  for (const auto* target : {"/", "/?idle", "/?set=a:2", "/?regenerate", "/?expire"}) {
    const auto answer = guest.ask(target);
    EXPECT_EQ(answer.status, 503) << target;
    EXPECT_EQ(answer.field("Retry-After"), "1") << target;
    EXPECT_EQ(answer.count("Set-Cookie"), 0u) << target;
  }
  EXPECT_EQ(get(server, "/?set=a:1").status, 503);  // of a client without a session
  EXPECT_EQ(get(server, "/?idle").status, 200);
  EXPECT_EQ(get(server, "/static").status, 200);
  server.wait_for_log("the storage of sessions failed: it is not available");
  mend();
  EXPECT_EQ(guest.body("/"), "old\na=1\n");
}

TEST_F(StorageDown, LeavesNoSessionWhereThatIsWanted) {
  const Server server(yaml("on_error: degrade"));
  Guest guest(server);
  guest.ask("/?set=a:1");
  const auto id = guest.id;
  fail();
  EXPECT_EQ(guest.body("/"), "new degraded\n");
  EXPECT_EQ(guest.body("/?set=a:2"), "new degraded\na=2\n");
  EXPECT_EQ(get(server, "/?set=a:1").count("Set-Cookie"), 0u);
  EXPECT_EQ(guest.id, id);
  mend();
  EXPECT_EQ(guest.body("/"), "old\na=1\n");
}

TEST_F(StorageDown, LetsNobodyBelieveInALogout) {
  const Server server(yaml("on_error: degrade"));
  Guest guest(server);
  guest.ask("/?set=a:1");
  fail();
  EXPECT_EQ(guest.ask("/?expire").status, 503);
  mend();
  EXPECT_EQ(guest.body("/"), "old\na=1\n");
  EXPECT_EQ(guest.ask("/?expire").status, 200);
  EXPECT_EQ(guest.body("/"), "new\n");
}

TEST_F(StorageDown, GivesNoRightsByHalfALogin) {
  const Server server(yaml(""));
  Guest guest(server);
  guest.ask("/?set=a:1");
  const auto held = guest.begin("/staying?login=ada&stay=first");
  server.wait_for_log("visitor: first stays");
  fail();
  get(server, "/waker?wake=first");
  EXPECT_EQ(held->read().status, 503);
  mend();
  EXPECT_EQ(guest.body("/"), "old\na=1\n");
}

TEST_F(StorageDown, KeepsNoLockOfWhatItFailed) {
  for (const std::string change : {"count", "login=ada", "regenerate"}) {
    const Server server(yaml("lock_timeout: 20s, lock_lease: 600s"));
    Guest guest(server);
    guest.ask("/?set=a:1");
    const auto held = guest.begin("/staying?" + change + "&stay=first");
    server.wait_for_log("visitor: first stays");
    fail();
    get(server, "/waker?wake=first");
    EXPECT_EQ(held->read().status, 503) << change;
    mend();
    EXPECT_EQ(guest.ask("/?count").status, 200) << change;
  }
}

}  // namespace
}  // namespace kirsch::test
