// session_memory: what all storages do, and its bounds.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "modules/refusal.h"
#include "support/command.h"
#include "support/guests.h"
#include "support/session_storage_suite.h"

namespace kirsch::test {

INSTANTIATE_TEST_SUITE_P(Memory, SessionStorageSuite,
                         ::testing::Values(SessionStorageCase{"{ memory: {} }", "defaults"},
                                           SessionStorageCase{"{ memory: { max_sessions: 1000000, max_bytes: 1GiB } }",
                                                              "large"}),
                         case_name);

namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t done = 0, absent = 1, too_large = 4, cancelled = 7, full = 8;

std::uint64_t store(Vault& vault, const std::string& key, const std::string& data = "x", const std::string& more = {}) {
  return vault.call("op=store&left=600000&key=" + key + more, data).status;
}
std::uint64_t load(Vault& vault, const std::string& key) { return vault.call("op=load&key=" + key).status; }

TEST(SessionMemory, GivesUpTheOldestWhenThereAreTooMany) {
  Vault vault("{ memory: { max_sessions: 3 } }");
  for (const auto* key : {"a", "b", "c"}) EXPECT_EQ(store(vault, key), done);
  EXPECT_EQ(vault.call("op=touch&left=600000&key=a").status, done);
  EXPECT_EQ(store(vault, "d"), done);
  EXPECT_EQ(load(vault, "b"), absent);
  for (const auto* key : {"a", "c", "d"}) EXPECT_EQ(load(vault, key), done) << key;
  EXPECT_EQ(vault.counters().evicted, 1u);
  EXPECT_EQ(vault.counters().records, 3u);
}

TEST(SessionMemory, GivesUpWhatHasExpiredFirst) {
  Vault vault("{ memory: { max_sessions: 3 } }");
  EXPECT_EQ(store(vault, "a"), done);
  EXPECT_EQ(vault.call("op=store&left=1&key=b", "x").status, done);
  EXPECT_EQ(store(vault, "c"), done);
  EXPECT_EQ(vault.call("op=touch&left=600000&key=a").status, done);
  vault.until([&] { return load(vault, "b") == absent; });
  EXPECT_EQ(store(vault, "d"), done);
  EXPECT_EQ(load(vault, "a"), done);
  EXPECT_EQ(vault.counters().evicted, 0u);
}

TEST(SessionMemory, GivesUpTheOldestWhenTheyTakeTooMuch) {
  Vault vault("{ memory: { max_bytes: 64KiB } }");
  for (int number = 0; number < 200; ++number)
    EXPECT_EQ(store(vault, std::to_string(number), std::string(1000, 'x')), done);
  EXPECT_EQ(load(vault, "0"), absent);
  EXPECT_EQ(load(vault, "199"), done);
  EXPECT_LE(vault.counters().bytes, 65536u);
  EXPECT_GE(vault.counters().records, 50u);
  EXPECT_EQ(store(vault, "199", std::string(70'000, 'x'),
                  "&lock=" + std::to_string(vault.call("op=lock&key=199&lease=60000").lock)),
            too_large);
  EXPECT_EQ(load(vault, "199"), done);
}

TEST(SessionMemory, GivesUpOthersWhereOneGrows) {
  Vault vault("{ memory: { max_bytes: 64KiB } }");
  for (const auto* key : {"a", "b", "c"}) EXPECT_EQ(store(vault, key, std::string(15'000, 'x')), done);
  const auto held = vault.call("op=lock&key=a&lease=60000");
  EXPECT_EQ(store(vault, "a", std::string(60'000, 'y'), "&lock=" + std::to_string(held.lock)), done);
  EXPECT_EQ(vault.call("op=load&key=a").data, std::string(60'000, 'y'));
  EXPECT_EQ(load(vault, "b"), absent);
  EXPECT_EQ(load(vault, "c"), absent);
}

TEST(SessionMemory, GivesUpNothingThatIsLocked) {
  Vault vault("{ memory: { max_sessions: 2 } }");
  for (const auto* key : {"a", "b"}) {
    EXPECT_EQ(store(vault, key), done);
    EXPECT_EQ(vault.call("op=lock&lease=60000&key=" + std::string(key)).status, done);
  }
  EXPECT_EQ(store(vault, "c"), full);
  EXPECT_EQ(load(vault, "a"), done);
  EXPECT_EQ(load(vault, "b"), done);
}

TEST(SessionMemory, TakesFewBytesBesidesTheData) {
  Vault vault("{ memory: {} }");
  for (int number = 0; number < 1000; ++number) store(vault, std::to_string(number), std::string(100, 'x'));
  EXPECT_LE(vault.counters().bytes, 1000u * (100 + 250));
}

TEST(SessionMemory, KeepsItsRecordsWhenItsOptionsChange) {
  Vault vault("{ memory: {} }");
  EXPECT_EQ(store(vault, "a", "kept"), done);
  auto yaml = contents_of(vault.server().folder() / "kirsch.yaml");
  yaml.replace(yaml.find("{ memory: {} }"), 14, "{ memory: { max_sessions: 5000 } }");
  std::ofstream(vault.server().folder() / "kirsch.yaml") << yaml;
  ASSERT_EQ(command(vault.server(), "reload").exit_code, 0);
  EXPECT_EQ(vault.call("op=load&key=a").data, "kept");
}

// A timer ends with the code that started it, what it was to look at does not.
TEST(SessionMemory, LooksAtLeasesWithAnotherBuildOfItsCode) {
  const TemporaryFolder plugins;
  std::filesystem::copy(build_folder() / "plugins", plugins.path());
  Server server(
      loopback("plugins: { path: [" + plugins.path().string() + ", " + (build_folder() / "fixtures").string() +
               "] }\nengine: { signals: {} }\npaths:\n  /: { handler: { vault: { storage: { memory: {} } } } }\n"));
  const auto ask = [&](const std::string& query) { return request(server, "POST", "/?" + query, {}, "x"); };
  ask("op=store&key=a&left=600000");
  ask("op=lock&key=a&lease=6000");
  Client gone(server);
  gone.send(simple_get("/?op=lock&key=a&lease=600000&name=gone"));
  until([&] { return counters_of(server, "/").lock_waits == 1; });
  until([&] {
    ask("op=cancel&key=a&name=gone");
    return !gone.silent();
  });
  EXPECT_EQ(storage_answer(gone.read()).status, cancelled);

  const auto module = plugins.path() / "session_memory.so";
  std::ofstream(plugins.path() / "next") << contents_of(module) << "another build";
  std::filesystem::rename(plugins.path() / "next", module);
  ASSERT_EQ(command(server, "reload").exit_code, 0) << server.log();
  server.wait_for_log("generation 1 has ended");
  EXPECT_EQ(storage_answer(ask("op=lock&key=a&lease=600000")).status, done);
}

TEST(SessionMemory, KeepsStoresOfDifferentNamesApart) {
  const Server server(
      loopback("paths:\n"
               "  /a: { handler: { vault: { storage: { memory: {} } } } }\n"
               "  /b: { handler: { vault: { storage: { memory: { max_sessions: 10 } } } } }\n"
               "  /c: { handler: { vault: { storage: { memory: { name: other } } } } }\n"));
  EXPECT_EQ(storage_answer(request(server, "POST", "/a?op=store&key=k&left=60000", {}, "x")).status, done);
  EXPECT_EQ(storage_answer(get(server, "/b?op=load&key=k")).status, done);
  EXPECT_EQ(storage_answer(get(server, "/c?op=load&key=k")).status, absent);
}

TEST(SessionMemory, RefusesToHaveNoRoom) {
  EXPECT_THAT(refusal("paths: { /: { handler: { vault: { storage: { memory: { max_sessions: 0 } } } } } }\n"),
              HasSubstr("max_sessions"));
}

}  // namespace
}  // namespace kirsch::test
