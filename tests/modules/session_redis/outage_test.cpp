// A Redis that is down, stands still, takes nothing, or is none.
#include <gmock/gmock.h>

#include "modules/session_redis/calls.h"
#include "support/occurrences.h"

namespace kirsch::test {
namespace {

TEST(SessionRedisOutage, SaysWhenRedisHasNoMemoryLeft) {
  RedisServer redis;
  Vault vault(at(redis));
  ASSERT_EQ(vault.call(redis_call("store"), "old").status, done);
  const auto held = vault.call(redis_call("lock", "&lease=600000"));
  redis.ask("CONFIG SET maxmemory 1");
  const auto lock = "&lock=" + std::to_string(held.lock);
  EXPECT_EQ(vault.call(redis_call("store", lock), "new").status, full);
  EXPECT_EQ(vault.call(redis_call("load")).data, "old");
  vault.server().wait_for_log("refuses: OOM");
  redis.ask("CONFIG SET maxmemory 0");
  EXPECT_EQ(vault.call(redis_call("store", lock), "new").status, done);
}

TEST(SessionRedisOutage, SaysWhenAReplicaTakesNothing) {
  RedisServer redis;
  Vault vault(at(redis));
  ASSERT_EQ(vault.call(redis_call("store"), "old").status, done);
  redis.ask("CONFIG SET replica-serve-stale-data yes\nREPLICAOF 127.0.0.1 1");
  EXPECT_EQ(vault.call("op=store&left=600000&key=other", "new").status, unavailable);
  EXPECT_EQ(vault.call(redis_call("load")).data, "old");
  redis.ask("REPLICAOF NO ONE");
  EXPECT_EQ(vault.call("op=store&left=600000&key=other", "new").status, done);
}

TEST(SessionRedisOutage, ComesBackWhenRedisDoes) {
  RedisServer redis;
  Vault vault(at(redis));
  ASSERT_EQ(vault.call(redis_call("store"), "kept").status, done);
  for (int round = 0; round < 3; ++round) {
    redis.kill();
    for (const auto* op : {"load", "lock&lease=1000", "touch", "remove", "unlock&lock=7", "store"})
      EXPECT_EQ(vault.call(redis_call(op)).status, unavailable) << op;
    redis.start();
    vault.until([&] { return vault.call(redis_call("load")).data == "kept"; });
  }
  vault.server().wait_for_log(" is available again", 3);
  EXPECT_EQ(occurrences(vault.server().log(), " is not available: "), 3u);
}

TEST(SessionRedisOutage, StartsBeforeRedisDoes) {
  RedisServer redis;
  redis.kill();
  Vault vault(at(redis));
  EXPECT_EQ(vault.call(redis_call("store"), "x").status, unavailable);
  redis.start();
  vault.until([&] { return vault.call(redis_call("store"), "x").status == done; });
}

// However late answers of the first stores are.
void store_kept(Vault& vault) {
  vault.until([&] {
    vault.call(redis_call("store"), "kept");
    return vault.call(redis_call("load")).data == "kept";
  });
}

TEST(SessionRedisOutage, WaitsForNoRedisThatDoesNotAnswer) {
  RedisServer redis;
  Vault vault(at(redis, ""));
  store_kept(vault);
  redis.stop();
  for (const auto* op : {"load", "lock&lease=1000", "touch", "unlock&lock=7"})
    EXPECT_EQ(vault.call(redis_call(op)).status, unavailable) << op;
  // More than fits between the two.
  EXPECT_EQ(vault.call("op=store&left=600000&key=large", std::string(1 << 20, 'x')).status, unavailable);
  redis.go_on();
  vault.until([&] { return vault.call(redis_call("load")).data == "kept"; });
}

// Holders of locks whose grant or return got lost while Redis stood still.
TEST(SessionRedisOutage, KeepsNoLockOfAnOutage) {
  RedisServer redis;
  Vault vault(at(redis, ", timeout: 2s"));
  store_kept(vault);
  const auto well = [&] { return vault.call(redis_call("load")).data == "kept"; };
  // Until it has heard one, too late: what waits for a new connection is never said.
  vault.until([&] {
    redis.stop();
    EXPECT_EQ(vault.call(redis_call("lock", "&lease=600000")).status, unavailable);
    redis.go_on();
    vault.until(well);
    return !redis.ask("HGET " + redis_key + " l").empty();
  });
  const auto held = vault.call(redis_call("lock", "&lease=600000"));
  ASSERT_EQ(held.status, done);
  redis.stop();
  EXPECT_EQ(vault.call(redis_call("load")).status, unavailable);
  EXPECT_EQ(vault.call(redis_call("unlock", "&lock=" + std::to_string(held.lock))).status, unavailable);
  redis.go_on();
  vault.until(well);
  const auto next = vault.call(redis_call("lock", "&lease=600000"));
  ASSERT_EQ(next.status, done);
  EXPECT_EQ(vault.call(redis_call("store", "&lock=" + std::to_string(held.lock)), "late").status, lost);
  EXPECT_EQ(vault.call(redis_call("store", "&lock=" + std::to_string(next.lock)), "new").status, done);
  EXPECT_EQ(vault.counters().lost_locks, 0u);
}

TEST(SessionRedisOutage, TakesNoLockByAnAskThatIsLate) {
  RedisServer redis;
  Vault vault(at(redis));
  ASSERT_EQ(vault.call(redis_call("store"), "x").status, done);
  const auto held = vault.call(redis_call("lock", "&lease=600000"));
  const auto later = redis.ask("HGET " + redis_key + " s");
  redis.ask("HSET " + redis_key + " l 7 s 1" + later);  // a later ask of the same process has it
  EXPECT_EQ(vault.call(redis_call("unlock", "&lock=" + std::to_string(held.lock))).status, done);
  const auto waiting = vault.begin(redis_call("lock", "&lease=600000"));
  vault.until([&] { return vault.counters().lock_waits == 1; });
  EXPECT_TRUE(waiting->silent());
  redis.ask("HDEL " + redis_key + " l e p s");
  EXPECT_EQ(storage_answer(waiting->read()).status, done);
}

TEST(SessionRedisOutage, BelievesNobodyWhoIsNoRedis) {
  RedisServer redis;
  Vault vault(at(redis, ""));
  store_kept(vault);
  const std::string pong = "+PONG\r\n";
  const std::vector<std::vector<std::string>> conversations{
      {""},
      {"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"},
      {std::string("\0\xff\xfe\r\n", 5)},
      {"+OK\r\n"},
      {pong, ""},
      {pong, "HTTP/1.1 200 OK\r\n\r\n"},
      {pong, ":7\r\n"},
      {pong, "$-1\r\n"},
      {pong, "$5\r\nhello\r\n"},
      {pong, "*-1\r\n"},
      {pong, "*0\r\n"},
      {pong, "*1\r\n:0\r\n"},
      {pong, "*2\r\n:0\r\n$-1\r\n"},
      {pong, "*6\r\n:0\r\n$1\r\nx\r\n$1\r\n7\r\n:0\r\n:9\r\n", ""},
      {pong, "*6\r\n:0\r\n$100\r\nx\r\n", "*"},
      {pong, "*x\r\n"},
      {pong, "*1\r\n?\r\n"},
      {pong, "-LOADING Redis is loading the dataset in memory\r\n"},
      {pong, "-NOPERM this user has no permissions\r\n"},
      {pong, "-\r\n"},
      {pong, "*1\r\n:99\r\n"},
      {pong, pong},
  };
  for (std::size_t index = 0; index < conversations.size(); ++index) {
    redis.kill();
    {
      const Babbler babbler(redis.port(), conversations[index]);
      vault.until([&] { return vault.call(redis_call("load")).status == unavailable && babbler.connections() > 0; });
      EXPECT_EQ(vault.call(redis_call("load")).status, unavailable) << index;
      EXPECT_EQ(vault.call(redis_call("lock", "&lease=1000")).status, unavailable) << index;
    }
    redis.start();
    vault.until([&] { return vault.call(redis_call("load")).data == "kept"; });
  }
}

TEST(SessionRedisOutage, AsksOneWhetherRedisIsBack) {
  RedisServer redis;
  Vault vault(at(redis));
  ASSERT_EQ(vault.call(redis_call("store"), "kept").status, done);
  redis.kill();
  const Babbler babbler(redis.port(), {"-LOADING Redis is loading the dataset in memory\r\n"});
  vault.until([&] { return vault.call(redis_call("load")).status == unavailable; });
  constexpr int calls = 1000;
  for (int call = 0; call < calls; ++call) ASSERT_EQ(vault.call(redis_call("load")).status, unavailable);
  EXPECT_LT(babbler.connections(), calls / 4);
}

TEST(SessionRedisOutage, TakesAnotherConnectionForOneThatWasClosed) {
  RedisServer redis;
  Vault vault(at(redis));
  ASSERT_EQ(vault.call(redis_call("store"), "kept").status, done);
  redis.ask("CLIENT KILL TYPE normal SKIPME yes");
  EXPECT_EQ(vault.call(redis_call("load")).data, "kept");
  EXPECT_EQ(vault.server().log().find("not available"), std::string::npos);
}

}  // namespace
}  // namespace kirsch::test
