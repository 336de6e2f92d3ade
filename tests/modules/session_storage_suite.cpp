// The tests that every storage of sessions passes.
#include "support/session_storage_suite.h"

#include <gmock/gmock.h>

#include "support/command.h"

namespace kirsch::test {

// A storage of no module of ours, whose answers come from workers: neither kind of answer is a matter of course.
INSTANTIATE_TEST_SUITE_P(Cellar, SessionStorageSuite, ::testing::Values(SessionStorageCase{"{ cellar: {} }"}),
                         case_name);
// What `kirsch module new --storage` makes.
INSTANTIATE_TEST_SUITE_P(Scaffold, SessionStorageSuite, ::testing::Values(SessionStorageCase{"{ scaffold: {} }"}),
                         case_name);

namespace {

using ::testing::AllOf;
using ::testing::Field;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::Le;
using ::testing::Ne;

constexpr std::uint64_t done = 0, absent = 1, too_large = 4, conflict = 5, lost = 6, cancelled = 7;

auto answers(std::uint64_t status) { return Field("status", &StorageAnswer::status, status); }
auto holds(const std::string& data) { return AllOf(answers(done), Field("data", &StorageAnswer::data, data)); }

TEST_P(SessionStorageSuite, FindsNothingWhereNothingIs) {
  for (const auto* query : {"op=load&key=a", "op=lock&key=a&lease=1000", "op=touch&key=a&left=1000",
                            "op=store&key=a&left=1000&revision=7", "op=store&key=a&left=1000&lock=7"})
    EXPECT_THAT(vault_.call(query, "x"), answers(absent)) << query;
  EXPECT_THAT(vault_.call("op=remove&key=a"), answers(done));
  EXPECT_THAT(vault_.call("op=unlock&key=a&lock=7"), answers(done));
}

TEST_P(SessionStorageSuite, KeepsEveryByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string records[] = {"", "x", all, std::string(5, '\0'), std::string(5000, 'y'), std::string(1 << 20, 'z')};
  for (std::size_t index = 0; index < std::size(records); ++index) {
    const auto key = "&key=k" + std::to_string(index);
    EXPECT_THAT(vault_.call("op=store&left=60000" + key, records[index]), answers(done));
    const auto loaded = vault_.call("op=load" + key);
    EXPECT_EQ(loaded.status, done);
    EXPECT_TRUE(loaded.data == records[index]) << index;
    EXPECT_THAT(loaded.left, AllOf(Gt(0u), Le(60'000u)));
    EXPECT_EQ(loaded.lock, 0u);
  }
}

TEST_P(SessionStorageSuite, KeepsManyRecordsApart) {
  const auto data = [](int number) {
    return std::string(static_cast<std::size_t>(number % 50), 'd') + std::to_string(number);
  };
  for (int number = 0; number < 500; ++number)
    ASSERT_THAT(vault_.call("op=store&left=60000&key=" + std::to_string(number), data(number)), answers(done));
  for (int number = 0; number < 500; number += 2)
    ASSERT_THAT(vault_.call("op=remove&key=" + std::to_string(number)), answers(done));
  for (int number = 0; number < 500; ++number) {
    const auto loaded = vault_.call("op=load&key=" + std::to_string(number));
    if (number % 2 == 0) {
      ASSERT_THAT(loaded, answers(absent));
    } else {
      ASSERT_THAT(loaded, holds(data(number)));
    }
  }
}

TEST_P(SessionStorageSuite, StoresWithoutALockWhereNothingHasChanged) {
  const auto first = vault_.call("op=store&key=a&left=60000", "one");
  EXPECT_THAT(first.revision, Ne(0u));
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000", "other"), answers(conflict));
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000&revision=" + std::to_string(first.revision + 1), "other"),
              answers(conflict));
  const auto second = vault_.call("op=store&key=a&left=60000&revision=" + std::to_string(first.revision), "two");
  EXPECT_THAT(second, AllOf(answers(done), Field(&StorageAnswer::revision, Ne(first.revision))));
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000&revision=" + std::to_string(first.revision), "other"),
              answers(conflict));
  const auto loaded = vault_.call("op=load&key=a");
  EXPECT_THAT(loaded, holds("two"));
  EXPECT_EQ(loaded.revision, second.revision);
}

TEST_P(SessionStorageSuite, TakesNoMoreThanItSays) {
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000", "kept"), answers(done));
  const auto held = vault_.call("op=lock&key=a&lease=60000");
  EXPECT_THAT(
      vault_.call("op=store&key=a&left=60000&lock=" + std::to_string(held.lock), std::string((1 << 20) + 1, 'x')),
      answers(too_large));
  EXPECT_THAT(vault_.call("op=load&key=a"), holds("kept"));
}

TEST_P(SessionStorageSuite, LetsRecordsExpire) {
  EXPECT_THAT(vault_.call("op=store&key=a&left=30", "short"), answers(done));
  EXPECT_THAT(vault_.call("op=store&key=b&left=60000", "long"), answers(done));
  vault_.until([&] { return vault_.call("op=load&key=a").status == absent; });
  EXPECT_THAT(vault_.call("op=lock&key=a&lease=1000"), answers(absent));
  EXPECT_THAT(vault_.call("op=touch&key=a&left=60000"), answers(absent));
  EXPECT_THAT(vault_.call("op=load&key=b"), holds("long"));
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000", "new"), answers(done));
  EXPECT_THAT(vault_.call("op=load&key=a"), holds("new"));
}

TEST_P(SessionStorageSuite, LetsARecordLiveAsLongAsItWasTouchedFor) {
  EXPECT_THAT(vault_.call("op=store&key=a&left=50000", "x"), answers(done));
  EXPECT_THAT(vault_.call("op=touch&key=a&left=500000"), answers(done));
  EXPECT_THAT(vault_.call("op=load&key=a").left, AllOf(Gt(400'000u), Le(500'000u)));
  EXPECT_THAT(vault_.call("op=touch&key=a&left=1"), answers(done));
  vault_.until([&] { return vault_.call("op=load&key=a").status == absent; });
}

TEST_P(SessionStorageSuite, CountsTheAgeOfARecordFromItsBeginning) {
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000&age=5000000", "x"), answers(done));
  const auto loaded = vault_.call("op=load&key=a");
  EXPECT_THAT(loaded.age, AllOf(Ge(5'000'000u), Le(5'060'000u)));
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000&age=1&revision=" + std::to_string(loaded.revision), "y"),
              answers(done));
  EXPECT_THAT(vault_.call("op=load&key=a").age, AllOf(Ge(5'000'000u), Le(5'060'000u)));
  EXPECT_THAT(vault_.call("op=store&key=b&left=60000", "x"), answers(done));
  EXPECT_THAT(vault_.call("op=load&key=b").age, Le(60'000u));
}

TEST_P(SessionStorageSuite, SweepsAwayWhatHasExpired) {
  for (int number = 0; number < 50; ++number) vault_.call("op=store&left=1&key=" + std::to_string(number), "short");
  vault_.call("op=store&left=60000&key=kept", "long");
  if (vault_.counters().records == UINT64_MAX) GTEST_SKIP() << "this storage cannot tell how many records there are";
  vault_.until([&] {
    Client client(vault_.server());
    client.send(simple_get("/?op=sweep"));
    EXPECT_EQ(client.read().status, 200);
    return vault_.counters().records == 1;
  });
  EXPECT_THAT(vault_.call("op=load&key=kept"), holds("long"));
}

TEST_P(SessionStorageSuite, GivesALockToOneAtATimeInOrder) {
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000", "0"), answers(done));
  auto lock = vault_.call("op=lock&key=a&lease=60000").lock;
  EXPECT_THAT(lock, Ne(0u));
  std::vector<std::unique_ptr<Client>> waiting;
  for (std::uint64_t number = 1; number <= 5; ++number) {
    waiting.push_back(vault_.begin("op=lock&key=a&lease=60000"));
    vault_.until([&] { return vault_.counters().lock_waits == number; });
  }
  for (int turn = 0; turn < 5; ++turn) {
    for (const auto& client : waiting) EXPECT_TRUE(client->silent());
    const auto next = std::to_string(turn + 1);
    EXPECT_THAT(vault_.call("op=store&unlock=1&key=a&left=60000&lock=" + std::to_string(lock), next), answers(done));
    const auto held = storage_answer(waiting.front()->read());
    EXPECT_THAT(held, holds(next));
    EXPECT_NE(held.lock, lock);
    lock = held.lock;
    waiting.erase(waiting.begin());
  }
  EXPECT_THAT(vault_.call("op=unlock&key=a&lock=" + std::to_string(lock)), answers(done));
  EXPECT_THAT(vault_.call("op=lock&key=a&lease=60000"), answers(done));
}

TEST_P(SessionStorageSuite, GivesTheLocksOfDifferentRecordsAtOnce) {
  for (const auto* key : {"a", "b", "c"}) {
    vault_.call("op=store&left=60000&key=" + std::string(key), "x");
    EXPECT_THAT(vault_.call("op=lock&lease=60000&key=" + std::string(key)), answers(done));
  }
}

TEST_P(SessionStorageSuite, ReadsWhatIsLocked) {
  vault_.call("op=store&key=a&left=60000", "x");
  const auto held = vault_.call("op=lock&key=a&lease=60000");
  EXPECT_THAT(held, holds("x"));
  EXPECT_THAT(vault_.call("op=load&key=a"), holds("x"));
  EXPECT_THAT(vault_.call("op=touch&key=a&left=60000"), answers(done));
}

TEST_P(SessionStorageSuite, ChangesWhatIsLockedForItsOwnerAlone) {
  const auto revision = std::to_string(vault_.call("op=store&key=a&left=60000", "x").revision);
  const auto held = vault_.call("op=lock&key=a&lease=60000");
  const auto other = std::to_string(held.lock + 1'000'000);
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000&revision=" + revision, "y"), answers(conflict));
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000&lock=" + other, "y"), answers(lost));
  EXPECT_THAT(vault_.call("op=touch&key=a&left=60000&lock=" + other), answers(lost));
  EXPECT_THAT(vault_.call("op=remove&key=a&lock=" + other), answers(lost));
  EXPECT_THAT(vault_.call("op=unlock&key=a&lock=" + other), answers(done));
  EXPECT_THAT(vault_.call("op=load&key=a"), holds("x"));
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000&lock=" + std::to_string(held.lock), "z"), answers(done));
  EXPECT_THAT(vault_.call("op=load&key=a"), holds("z"));
}

TEST_P(SessionStorageSuite, GivesALockBackWithTheLastChange) {
  vault_.call("op=store&key=a&left=60000", "x");
  const auto locked = [&] { return std::to_string(vault_.call("op=lock&key=a&lease=60000").lock); };
  EXPECT_THAT(vault_.call("op=touch&unlock=1&key=a&left=60000&lock=" + locked()), answers(done));
  EXPECT_THAT(vault_.call("op=store&unlock=1&key=a&left=60000&lock=" + locked(), "y"), answers(done));
  EXPECT_THAT(vault_.call("op=store&unlock=1&key=a&left=60000&lock=" + locked(), std::string((1 << 20) + 1, 'x')),
              answers(too_large));
  EXPECT_THAT(vault_.call("op=unlock&key=a&lock=" + locked()), answers(done));
  EXPECT_THAT(vault_.call("op=remove&key=a&lock=" + locked()), answers(done));
  EXPECT_THAT(vault_.call("op=load&key=a"), answers(absent));
}

TEST_P(SessionStorageSuite, TellsThoseWhoWaitThatARecordHasGone) {
  vault_.call("op=store&key=a&left=60000", "x");
  const auto held = vault_.call("op=lock&key=a&lease=60000");
  const auto first = vault_.begin("op=lock&key=a&lease=60000");
  const auto second = vault_.begin("op=lock&key=a&lease=60000");
  vault_.until([&] { return vault_.counters().lock_waits == 2; });
  EXPECT_THAT(vault_.call("op=remove&key=a&lock=" + std::to_string(held.lock)), answers(done));
  EXPECT_THAT(storage_answer(first->read()), answers(absent));
  EXPECT_THAT(storage_answer(second->read()), answers(absent));
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000&lock=" + std::to_string(held.lock), "y"), answers(absent));
  EXPECT_THAT(vault_.call("op=remove&key=a&lock=" + std::to_string(held.lock)), answers(absent));
}

TEST_P(SessionStorageSuite, RemovesWithoutALockFromWhoeverHasIt) {
  vault_.call("op=store&key=a&left=60000", "x");
  const auto held = vault_.call("op=lock&key=a&lease=60000");
  EXPECT_THAT(vault_.call("op=remove&key=a"), answers(done));
  EXPECT_THAT(vault_.call("op=load&key=a"), answers(absent));
  EXPECT_THAT(vault_.call("op=remove&key=a&lock=" + std::to_string(held.lock)), answers(absent));
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000&lock=" + std::to_string(held.lock), "y").status,
              ::testing::AnyOf(absent, lost));
  EXPECT_THAT(vault_.call("op=load&key=a"), answers(absent));
}

TEST_P(SessionStorageSuite, CancelsWhoWaitsAndNobodyElse) {
  vault_.call("op=store&key=a&left=60000", "x");
  const auto held = vault_.call("op=lock&key=a&lease=60000&name=holder");
  const auto first = vault_.begin("op=lock&key=a&lease=60000&name=first");
  vault_.until([&] { return vault_.counters().lock_waits == 1; });
  const auto second = vault_.begin("op=lock&key=a&lease=60000&name=second");
  vault_.until([&] { return vault_.counters().lock_waits == 2; });
  const auto cancel = [&](const std::string& name) { get(vault_.server(), "/?op=cancel&key=a&name=" + name); };
  vault_.until([&] {
    cancel("first");
    return !first->silent();
  });
  EXPECT_THAT(storage_answer(first->read()), answers(cancelled));
  cancel("holder");
  cancel("first");
  EXPECT_TRUE(second->silent());
  EXPECT_THAT(vault_.call("op=unlock&key=a&lock=" + std::to_string(held.lock)), answers(done));
  EXPECT_THAT(storage_answer(second->read()), holds("x"));
}

TEST_P(SessionStorageSuite, TakesALockAwayWhenItsLeaseIsOver) {
  vault_.call("op=store&key=a&left=60000", "x");
  const auto held = vault_.call("op=lock&key=a&lease=300");
  const auto waiting = vault_.begin("op=lock&key=a&lease=60000");  // nobody asks again
  const auto next = storage_answer(waiting->read());
  EXPECT_THAT(next, holds("x"));
  EXPECT_NE(next.lock, held.lock);
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000&lock=" + std::to_string(held.lock), "late"), answers(lost));
  EXPECT_THAT(vault_.call("op=unlock&key=a&lock=" + std::to_string(held.lock)), answers(done));
  EXPECT_THAT(vault_.call("op=store&key=a&left=60000&lock=" + std::to_string(next.lock), "y"), answers(done));
  EXPECT_THAT(vault_.call("op=load&key=a"), holds("y"));
}

TEST_P(SessionStorageSuite, LosesNoUpdate) {
  vault_.call("op=store&key=a&left=600000", "0");
  std::vector<std::unique_ptr<Client>> all;
  for (int client = 0; client < 8; ++client) all.push_back(vault_.begin("op=increment&key=a&times=100"));
  for (const auto& client : all) EXPECT_EQ(client->read(Milliseconds(120'000)).body, "done");
  EXPECT_THAT(vault_.call("op=load&key=a"), holds("800"));
}

TEST_P(SessionStorageSuite, KeepsItsRecordsOverAReload) {
  vault_.call("op=store&key=a&left=600000", "x");
  const auto held = vault_.call("op=lock&key=a&lease=600000");
  add_path(vault_.server(), "/other: { handler: { respond: {} } }");
  const auto reload = command(vault_.server(), "reload");
  ASSERT_EQ(reload.exit_code, 0) << reload.err;
  EXPECT_EQ(get(vault_.server(), "/other").status, 200);
  EXPECT_THAT(vault_.call("op=load&key=a"), holds("x"));
  EXPECT_THAT(vault_.call("op=store&unlock=1&key=a&left=600000&lock=" + std::to_string(held.lock), "y"), answers(done));
  EXPECT_THAT(vault_.call("op=lock&key=a&lease=1000"), holds("y"));
}

TEST_P(SessionStorageSuite, LetsTheServerEndWhileSomebodyWaits) {
  vault_.call("op=store&key=a&left=600000", "x");
  vault_.call("op=lock&key=a&lease=600000");
  const auto waiting = vault_.begin("op=lock&key=a&lease=600000");
  vault_.until([&] { return vault_.counters().lock_waits == 1; });
  EXPECT_EQ(vault_.server().stop(), 0);
}

}  // namespace
}  // namespace kirsch::test
