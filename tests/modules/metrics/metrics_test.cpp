// metrics: what operators see of sessions, over a reload and in the status, too.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "support/command.h"
#include "support/guests.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string path = "  /metrics: { handler: { metrics: {} } }\n";

// The value of a sample; -1: it is not there.
double sample(const Server& server, const std::string& name) {
  std::istringstream text(get(server, "/metrics").body);
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size()));
  }
  return -1;
}

class MetricsOfSessions : public ::testing::TestWithParam<std::string> {
 protected:
  const Server& started(const std::string& options = {}) {
    server_ = std::make_unique<Server>(visitors(options, GetParam(), path));
    return *server_;
  }

 private:
  std::unique_ptr<Server> server_;
};
INSTANTIATE_TEST_SUITE_P(Of, MetricsOfSessions, storages_of_both_kinds(), kind_name);

TEST_P(MetricsOfSessions, TellWhatHasHappened) {
  const auto& server = started("lock_timeout: 50ms");
  Guest guest(server), other(server);
  guest.ask("/?set=a:1");
  other.ask("/?set=a:1");
  guest.ask("/?regenerate");
  other.ask("/?expire");
  get(server, "/", cookie_field(std::string(43, 'A')));
  get(server, "/", cookie_field("nonsense"));
  const auto holder = guest.begin("/staying?count&stay=first");
  server.wait_for_log("visitor: first stays");
  EXPECT_EQ(guest.ask("/?count").status, 503);
  get(server, "/waker?wake=first");
  holder->read();

  const auto answer = get(server, "/metrics");
  EXPECT_EQ(answer.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(answer.body,
              HasSubstr("# HELP kirsch_sessions Sessions that there are.\n# TYPE kirsch_sessions gauge\n"));
  const std::pair<const char*, double> expected[] = {
      {"kirsch_sessions", 1},
      {"kirsch_sessions_created_total{cookie=\"sid\"}", 2},
      {"kirsch_sessions_regenerated_total{cookie=\"sid\"}", 1},
      {"kirsch_session_ids_rejected_total{cookie=\"sid\",reason=\"unknown\"}", 1},
      {"kirsch_session_ids_rejected_total{cookie=\"sid\",reason=\"malformed\"}", 1},
      {"kirsch_session_lock_waits_total", 1},
      {"kirsch_session_lock_timeouts_total{cookie=\"sid\"}", 1},
      {"kirsch_session_storage_failures_total{cookie=\"sid\"}", 0}};
  for (const auto& [name, value] : expected) EXPECT_EQ(sample(server, name), value) << name << '\n' << answer.body;
  EXPECT_GE(sample(server, "kirsch_session_wait_seconds_count{cookie=\"sid\",for=\"lock\"}"), 1) << answer.body;
  EXPECT_GT(sample(server, "kirsch_session_wait_seconds_sum{cookie=\"sid\",for=\"lock\"}"), 0) << answer.body;
}

TEST_P(MetricsOfSessions, GoOnOverAReload) {
  const auto& server = started();
  Guest(server).ask("/?set=a:1");
  add_path(server, "/other: { handler: { respond: {} } }");
  ASSERT_EQ(command(server, "reload").exit_code, 0);
  Guest(server).ask("/?set=a:1");
  EXPECT_EQ(sample(server, "kirsch_sessions_created_total{cookie=\"sid\"}"), 2);
  EXPECT_EQ(sample(server, "kirsch_sessions"), 2);
}

TEST(MetricsOfStorages, CountARecordOnceHoweverManySeeIt) {
  const Server server(visitors("", "{ memory: {} }",
                               path + "  /more: { handler: { visitor: {} }, tools: { sessions: { storage: { memory: { "
                                      "max_sessions: 5000 } } } } }\n"));
  Guest(server).ask("/?set=a:1");
  Guest(server).ask("/more?set=a:1");
  EXPECT_EQ(sample(server, "kirsch_sessions"), 2);
}

TEST(MetricsOfTheServer, AreInItsStatus) {
  const Server server(visitors("", "{ memory: {} }", path));
  Guest(server).ask("/?set=a:1");
  EXPECT_THAT(command(server, "status", {"--json"}).out,
              HasSubstr("\"kirsch_sessions_created_total{cookie=\\\"sid\\\"}\": 1"));
  EXPECT_THAT(command(server, "status").out, Not(HasSubstr("kirsch_sessions")));
}

TEST(MetricsOfModules, GoWithThem) {
  Server server(visitors("", "{ memory: {} }", path));
  EXPECT_EQ(sample(server, "kirsch_sessions"), 0);
  std::ofstream(server.folder() / "kirsch.yaml") << completed(loopback("paths:\n" + path));
  ASSERT_EQ(command(server, "reload").exit_code, 0);
  server.wait_for_log("generation 1 has ended");
  EXPECT_EQ(get(server, "/metrics").body, "");
}

}  // namespace
}  // namespace kirsch::test
