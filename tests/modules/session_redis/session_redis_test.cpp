// session_redis: what all storages do, between two servers, and with a Redis that is not well.
#include <gmock/gmock.h>

#include <cstdlib>

#include "modules/refusal.h"
#include "modules/session_redis/calls.h"
#include "support/certificates.h"
#include "support/occurrences.h"
#include "support/redis_server.h"
#include "support/session_storage_suite.h"
#include "support/shared_sessions.h"

namespace kirsch::test {
namespace {

// Starts a Redis for each test of the suite before its server starts.
class RedisForTheSuite : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo& info) override {
    if (std::string_view(info.test_suite_name()) != "Redis/SessionStorageSuite") return;
    redis_ = std::make_unique<RedisServer>();
    ::setenv("KIRSCH_REDIS_OF_THE_SUITE", redis_->url().c_str(), 1);
  }
  void OnTestEnd(const ::testing::TestInfo&) override { redis_.reset(); }

  std::unique_ptr<RedisServer> redis_;
};
[[maybe_unused]] const bool listening =
    (::testing::UnitTest::GetInstance()->listeners().Append(new RedisForTheSuite), true);

}  // namespace

INSTANTIATE_TEST_SUITE_P(
    Redis, SessionStorageSuite,
    ::testing::Values(
        SessionStorageCase{"{ redis: { url: \"${KIRSCH_REDIS_OF_THE_SUITE}\", timeout: 20s } }", "defaults"},
        SessionStorageCase{
            "{ redis: { url: \"${KIRSCH_REDIS_OF_THE_SUITE}\", timeout: 20s, connections: 1, prefix: \"a b{}\" } }",
            "one_connection"}),
    case_name);

namespace {

using ::testing::HasSubstr;

TEST(SessionRedis, RefusesAddressesThatItCannotUse) {
  const auto refused = [](const std::string& options) {
    return refusal("paths: { /: { handler: { vault: { storage: { redis: { " + options + " } } } } } }\n");
  };
  EXPECT_THAT(refused("url: \"redis://h\", authorities: kirsch.yaml"), HasSubstr("this has a meaning for rediss://"));
  EXPECT_THAT(refused("url: \"rediss://h\", authorities: kirsch.yaml"), HasSubstr("these certificates cannot be used"));
  EXPECT_THAT(refused("url: \"http://127.0.0.1\""), HasSubstr("write redis://host:port/database"));
  EXPECT_THAT(refused("url: \"redis://\""), HasSubstr("names no host"));
  EXPECT_THAT(refused("url: \"redis://h/sessions\""), HasSubstr("databases of Redis are numbers"));
  EXPECT_THAT(refused("url: \"redis://h/0?x=y\""), HasSubstr("nothing may follow"));
  EXPECT_THAT(refused("url: \"redis://ada@h\""), HasSubstr("a user wants a password"));
  EXPECT_THAT(refused("url: \"redis://ada:secret@h\""), HasSubstr("a password does not belong here"));
}

TEST(SessionRedis, KeepsRecordsThatRedisLetsExpire) {
  RedisServer redis;
  Vault vault(at(redis, ", timeout: 20s, prefix: \"shop:\""));
  EXPECT_EQ(vault.call("op=store&left=600000&hex=" + hex_key, "x").status, done);
  EXPECT_EQ(redis.ask("KEYS *"), "shop:" + hex_key);
  EXPECT_GT(std::stol(redis.ask("PTTL shop:" + hex_key)), 0);
  EXPECT_EQ(vault.call("op=remove&hex=" + hex_key).status, done);
  EXPECT_EQ(redis.ask("DBSIZE"), "0");
}

TEST(SessionRedis, IntroducesItself) {
  RedisServer redis({"--requirepass", "of all"});
  Vault stranger(at(redis));
  EXPECT_EQ(stranger.call(redis_call("store"), "x").status, unavailable);
  stranger.server().wait_for_log("NOAUTH");
  Vault known(at(redis, ", timeout: 20s, password: \"of all\""));
  EXPECT_EQ(known.call(redis_call("store"), "x").status, done);
  EXPECT_EQ(known.server().log().find("of all"), std::string::npos);

  RedisServer with_users({"--user", "ada", "on", ">of-ada", "~kirsch:*", "+@all"});
  const auto url = "redis://ada@127.0.0.1:" + std::to_string(with_users.port()) + "/3";
  Vault user("{ redis: { url: \"" + url + "\", timeout: 20s, password: of-ada } }");
  EXPECT_EQ(user.call(redis_call("store"), "x").status, done);
  EXPECT_EQ(with_users.ask("SELECT 3\nDBSIZE"), "OK\n1");
  Vault impostor("{ redis: { url: \"" + url + "\", timeout: 20s, password: of-eve } }");
  EXPECT_EQ(impostor.call(redis_call("load")).status, unavailable);
  impostor.server().wait_for_log("WRONGPASS");
}

TEST(SessionRedis, SpeaksTlsWithWhoProvesItsName) {
  const Certificates certificates;
  RedisServer redis({"--port", "0", "--tls-port", "PORT", "--tls-auth-clients", "no", "--tls-cert-file",
                     certificates.certificate(), "--tls-key-file", certificates.private_key(), "--tls-ca-cert-file",
                     certificates.authority()});
  const auto to = [&](const std::string& host, const std::string& more) {
    return "{ redis: { timeout: 20s, url: \"" + host + ":" + std::to_string(redis.port()) + "\"" + more + " } }";
  };
  const auto trusting = ", authorities: \"" + certificates.authority().string() + "\"";
  Vault vault(to("rediss://localhost", trusting));
  const std::string large(1 << 20, 'x');
  EXPECT_EQ(vault.call(redis_call("store"), large).status, done);
  EXPECT_TRUE(vault.call(redis_call("load")).data == large);
  EXPECT_EQ(vault.call(redis_call("lock", "&lease=1000")).status, done);
  EXPECT_EQ(vault.server().log().find("not available"), std::string::npos);
  redis.kill();
  EXPECT_EQ(vault.call(redis_call("load")).status, unavailable);
  redis.start();
  vault.until([&] { return vault.call(redis_call("load")).data == large; });

  const std::pair<std::string, std::string> wrong[] = {{to("rediss://localhost", ""), "certificate verify failed"},
                                                       {to("rediss://127.0.0.1", trusting), "Unacceptable certificate"},
                                                       {to("redis://localhost", ""), ""}};
  for (const auto& [storage, reason] : wrong) {
    Vault refusing(storage);
    EXPECT_EQ(refusing.call(redis_call("load")).status, unavailable) << storage;
    EXPECT_THAT(refusing.server().wait_for_line("is not available: "), HasSubstr(reason));
  }
}

TEST(SessionRedis, PutsAsideWhatIsNoRecord) {
  RedisServer redis;
  Vault vault(at(redis));
  const std::string kinds[] = {
      "SET " + redis_key + " text",
      "RPUSH " + redis_key + " a b",
      "HSET " + redis_key + " x y",
      "HSET " + redis_key + " d data r 7",
      "HSET " + redis_key + " d data r 7 b yesterday",
      "HSET " + redis_key + " r 7 b 7",
      "HSET " + redis_key + " d data r 7 b 7 l 3 e soon",
  };
  for (const auto& kind : kinds) {
    for (const auto* op : {"load", "lock&lease=1000"}) {
      redis.ask("FLUSHALL\n" + kind);
      EXPECT_EQ(vault.call(redis_call(op)).status, corrupt) << kind;
      EXPECT_EQ(vault.call(redis_call(op)).status, absent) << kind;
      EXPECT_EQ(redis.ask("EXISTS " + redis_key + ":corrupt"), "1");
    }
    redis.ask("FLUSHALL\n" + kind);
    EXPECT_EQ(vault.call(redis_call("store"), "new").status, done) << kind;
    EXPECT_EQ(vault.call(redis_call("load")).data, "new");
  }
}

TEST(SessionRedis, GivesALockToOneProcessAtATime) {
  RedisServer redis;
  Vault here(at(redis)), there(at(redis));
  const auto revision = here.call(redis_call("store"), "0").revision;
  const auto held = here.call(redis_call("lock", "&lease=600000"));
  ASSERT_EQ(held.status, done);
  const auto waiting = there.begin(redis_call("lock", "&lease=600000"));
  there.until([&] { return there.counters().lock_waits == 1; });
  EXPECT_EQ(there.call(redis_call("store", "&revision=" + std::to_string(revision)), "other").status, conflict);
  EXPECT_EQ(there.call(redis_call("store", "&lock=7"), "other").status, lost);
  EXPECT_EQ(there.call(redis_call("load")).data, "0");
  EXPECT_TRUE(waiting->silent());
  EXPECT_EQ(here.call(redis_call("store", "&unlock=1&lock=" + std::to_string(held.lock)), "1").status, done);
  const auto next = storage_answer(waiting->read());
  EXPECT_EQ(next.status, done);
  EXPECT_EQ(next.data, "1");
  const auto back = here.begin(redis_call("lock", "&lease=600000"));
  here.until([&] { return here.counters().lock_waits == 1; });
  EXPECT_EQ(here.call(redis_call("remove")).status, done);
  EXPECT_EQ(there.call(redis_call("remove", "&lock=" + std::to_string(next.lock))).status, absent);
  EXPECT_EQ(storage_answer(back->read()).status, absent);
}

TEST(SessionRedis, TakesALockFromAProcessThatWasKilledWhenItsLeaseIsOver) {
  RedisServer redis;
  Vault here(at(redis)), there(at(redis));
  here.call(redis_call("store"), "0");
  here.call(redis_call("lock", "&lease=300"));
  here.server().signal(SIGKILL);
  EXPECT_EQ(there.call(redis_call("lock", "&lease=600000")).status, done);
}

TEST(SessionRedis, AnswersWhoAsksWhenThereIsNoTimerToAskAgain) {
  RedisServer redis;
  Vault there(at(redis));
  Server here(loopback("server: { loops: 2, workers: 4, drain: 100ms }\npaths:\n  /: { handler: { vault: { last: " +
                       hex_key + ", storage: " + at(redis) + " } } }\n"));
  there.call(redis_call("store"), "0");
  there.call(redis_call("lock", "&lease=600000"));
  Client waiting(here);
  waiting.send(simple_get("/?" + redis_call("lock", "&lease=600000")));
  until([&] { return counters_of(here, "/").lock_waits == 1; });
  EXPECT_EQ(here.stop(), 0) << here.log();
}

TEST(SessionRedis, KeepsALockWhoseLeaseIsOverAsLongAsNobodyWantsIt) {
  RedisServer redis;
  Vault vault(at(redis));
  vault.call(redis_call("store"), "0");
  const auto held = vault.call(redis_call("lock", "&lease=1"));
  vault.until([&, now = std::chrono::steady_clock::now()] {
    return std::chrono::steady_clock::now() > now + std::chrono::milliseconds(250);
  });
  EXPECT_EQ(vault.call(redis_call("store", "&unlock=1&lock=" + std::to_string(held.lock)), "1").status, done);
  EXPECT_EQ(vault.call(redis_call("load")).data, "1");
}

TEST(SessionRedis, OpensNoMoreConnectionsThanItMay) {
  RedisServer redis;
  Vault vault(at(redis, ", timeout: 20s, connections: 2"));
  vault.call(redis_call("store"), "0");
  std::vector<std::unique_ptr<Client>> all;
  for (int client = 0; client < 8; ++client) all.push_back(vault.begin(redis_call("increment", "&times=50")));
  for (const auto& client : all) EXPECT_EQ(client->read(Milliseconds(120'000)).body, "done");
  const auto stats = redis.ask("INFO stats");
  const std::string_view received = "total_connections_received:";
  EXPECT_LE(std::stoi(stats.substr(stats.find(received) + received.size())), 2 + 1);  // and the one that asks
}

TEST(SessionRedis, LosesNoUpdateOfTwoProcesses) {
  RedisServer redis;
  expect_no_lost_update(at(redis));
}

TEST(SessionRedis, LetsTwoServersShareTheirClients) {
  RedisServer redis;
  expect_shared_sessions(at(redis));
}

}  // namespace
}  // namespace kirsch::test
