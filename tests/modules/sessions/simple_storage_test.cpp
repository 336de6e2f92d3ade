// kirsch/simple_session_storage.h: what all storages do, and what a backend of three methods may do to it.
#include <gmock/gmock.h>

#include <fstream>

#include "support/command.h"
#include "support/guests.h"
#include "support/occurrences.h"

namespace kirsch::test {

// One call at a time, and those of different keys at once. What `kirsch module new` makes is of the first kind, too.
INSTANTIATE_TEST_SUITE_P(Drawer, SessionStorageSuite,
                         ::testing::Values(SessionStorageCase{"{ drawer: { path: records } }", "one"},
                                           SessionStorageCase{"{ drawers: { path: records } }", "concurrent"}),
                         case_name);

namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Gt;
using ::testing::Le;

constexpr std::uint64_t done = 0, absent = 1, unavailable = 2, corrupt = 3, lost = 6, cancelled = 7, full = 8;

const std::string one_key(64, 'a'), other_key(64, 'b');

std::string call_for(const std::string& key, const std::string& op, std::uint64_t lock = 0) {
  return "op=" + op + "&left=600000&lease=600000&hex=" + key + (lock != 0 ? "&lock=" + std::to_string(lock) : "");
}
std::string store_and_unlock(const std::string& key, std::uint64_t lock) {
  return call_for(key, "store", lock) + "&unlock=1";
}

class SimpleSessionStorage : public ::testing::TestWithParam<const char*> {
 protected:
  std::string storage() const {
    return std::string("{ ") + GetParam() + ": { path: \"" + records().string() + "\" } }";
  }
  std::string paths(const std::string& server) const {
    return loopback("server: { drain: 1s, " + server + " }\npaths:\n  /: { handler: { vault: { storage: " + storage() +
                    " } } }\n  /gate: { handler: { gate: {} } }\n  /open: { handler: { gate_opener: {} } }\n");
  }
  fs::path records() const { return folder_.path() / "records"; }
  // An order for the drawer.
  void order(const std::string& name, const std::string& text = {}) const {
    folder_.write(fs::path("records") / name, text);
  }
  void revoke(const std::string& name) const { fs::remove(records() / name); }

  const TemporaryFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(Drawer, SimpleSessionStorage, ::testing::Values("drawer", "drawers"),
                         [](const auto& of) { return std::string(of.param); });

// The storage is in the configuration no more.
void leave(const Server& server) {
  const auto file = server.folder() / "kirsch.yaml";
  auto yaml = contents_of(file);
  yaml.replace(yaml.find("  /: {"), yaml.find("  /gate") - yaml.find("  /: {"), "");
  std::ofstream(file) << yaml;
  const auto reload = command(server, "reload");
  ASSERT_EQ(reload.exit_code, 0) << reload.err;
  until([&] { return get(server, "/").status == 404; });
}

StorageAnswer ask(const Server& server, const std::string& query, const std::string& data = "x") {
  return storage_answer(request(server, "POST", "/?" + query, {}, data));
}

TEST_P(SimpleSessionStorage, FindsItsRecordsAfterARestart) {
  StorageAnswer stored, held;
  {
    Vault vault(storage());
    stored = vault.call(call_for(one_key, "store") + "&age=1000000", "kept");
    held = vault.call(call_for(one_key, "lock"));
    EXPECT_EQ(contents_of(records() / (one_key + ".left")), "600000");
  }
  Vault vault(storage());
  EXPECT_EQ(vault.call(call_for(one_key, "store", held.lock), "late").status, lost);
  const auto found = vault.call(call_for(one_key, "lock"));
  EXPECT_EQ(found.status, done);
  EXPECT_EQ(found.data, "kept");
  EXPECT_EQ(found.revision, stored.revision);
  EXPECT_THAT(found.age, AllOf(Gt(999'999u), Le(1'060'000u)));
  EXPECT_THAT(found.left, AllOf(Gt(500'000u), Le(600'000u)));
  EXPECT_GT(found.lock, held.lock);
  EXPECT_EQ(vault.counters().records, 1u) << "it was seen";
}

TEST_P(SimpleSessionStorage, FindsWhatHasExpiredBetweenTwoServers) {
  Vault(storage()).call("op=store&left=1&hex=" + one_key, "short");
  Vault vault(storage());
  vault.until([&] { return vault.call(call_for(one_key, "load")).status == absent; });
  EXPECT_FALSE(fs::exists(records() / one_key));
}

TEST_P(SimpleSessionStorage, AnswersUnavailableForWhatTheBackendThrows) {
  Vault vault(storage());
  const auto first = vault.call(call_for(one_key, "store"), "old");
  const auto change = call_for(one_key, "store") + "&revision=" + std::to_string(first.revision);
  const auto unavailable_are = [&](const std::vector<std::string>& queries, const std::string& failure) {
    order(failure, failure + " as it was told");
    for (const auto& query : queries) EXPECT_EQ(vault.call(query, "new").status, unavailable) << failure << query;
    revoke(failure);
  };
  unavailable_are({call_for(one_key, "load"), call_for(one_key, "lock"), call_for(one_key, "touch"), change,
                   call_for(one_key, "remove", 7)},
                  "read.fails");
  unavailable_are({call_for(one_key, "touch"), change, call_for(other_key, "store")}, "write.fails");
  unavailable_are({call_for(one_key, "remove")}, "erase.fails");
  EXPECT_EQ(vault.counters().unavailable, 9u);
  vault.server().wait_for_log("a session could not be read, written or erased: read.fails as it was told");
  EXPECT_EQ(vault.call(call_for(one_key, "load")).data, "old");
  EXPECT_EQ(vault.call(call_for(other_key, "load")).status, absent);
  EXPECT_EQ(vault.call(change, "new").status, done);
  EXPECT_EQ(vault.call(call_for(one_key, "remove")).status, done);
  EXPECT_EQ(vault.counters().records, 0u);
}

TEST_P(SimpleSessionStorage, KeepsNoLockOfWhatItFailed) {
  Vault vault(storage());
  vault.call(call_for(one_key, "store"), "old");
  order("write.fails", "no");
  for (const auto* op : {"store", "touch"}) {
    const auto held = vault.call(call_for(one_key, "lock"));
    EXPECT_EQ(held.data, "old");
    EXPECT_EQ(vault.call(call_for(one_key, op, held.lock) + "&unlock=1", "new").status, unavailable);
  }
  EXPECT_EQ(vault.call(call_for(one_key, "lock")).status, done);
}

TEST_P(SimpleSessionStorage, TellsThoseWhoWaitThatTheirRecordCannotBeRead) {
  Vault vault(storage());
  vault.call(call_for(one_key, "store"), "x");
  const auto held = vault.call(call_for(one_key, "lock"));
  const auto first = vault.begin(call_for(one_key, "lock"));
  const auto second = vault.begin(call_for(one_key, "lock"));
  vault.until([&] { return vault.counters().lock_waits == 2; });
  order("read.fails", "no");
  EXPECT_EQ(vault.call(call_for(one_key, "unlock", held.lock)).status, done);
  EXPECT_EQ(storage_answer(first->read()).status, unavailable);
  EXPECT_EQ(storage_answer(second->read()).status, unavailable);
  revoke("read.fails");
  EXPECT_EQ(vault.call(call_for(one_key, "lock")).status, done);
}

TEST_P(SimpleSessionStorage, PassesOnThatABackendIsFull) {
  Vault vault(storage());
  vault.call(call_for(one_key, "store"), "old");
  const auto held = vault.call(call_for(one_key, "lock"));
  order("write.full");
  EXPECT_EQ(vault.call(call_for(one_key, "store", held.lock), "new").status, full);
  EXPECT_EQ(vault.call(call_for(other_key, "store"), "new").status, full);
  EXPECT_EQ(vault.call(call_for(one_key, "touch", held.lock)).status, unavailable) << "a touch knows no `full`";
  revoke("write.full");
  EXPECT_EQ(vault.call(call_for(one_key, "load")).data, "old");
  EXPECT_EQ(vault.call(call_for(one_key, "store", held.lock), "new").status, done);
}

TEST_P(SimpleSessionStorage, ErasesWhatIsNoRecord) {
  Vault vault(storage());
  vault.call(call_for(one_key, "store"), "seven b");
  const auto whole = contents_of(records() / one_key);
  ASSERT_EQ(whole.size(), 40 + 7u);
  std::vector<std::string> others{"", "x", whole.substr(0, 39), whole.substr(0, 46), whole + "y"};
  for (std::size_t place = 0; place < 16; ++place) {  // the mark and the size
    others.push_back(whole);
    others.back()[place] = static_cast<char>(whole[place] ^ 1);
  }
  for (const auto& other : others) {
    for (const auto* op : {"load", "lock"}) {
      order(one_key, other);
      EXPECT_EQ(vault.call(call_for(one_key, op)).status, corrupt);
      EXPECT_FALSE(fs::exists(records() / one_key));
      EXPECT_EQ(vault.call(call_for(one_key, op)).status, absent);
    }
  }
  EXPECT_EQ(vault.counters().corrupt, 2 * others.size());
  vault.server().wait_for_log("what was kept of a session is no record");
  order(one_key, "x");
  EXPECT_EQ(vault.call(call_for(one_key, "store"), "new").status, done);
  EXPECT_EQ(vault.call(call_for(one_key, "load")).data, "new");
}

TEST_P(SimpleSessionStorage, CallsABackendForDifferentKeysAtOnceIfItSaysSo) {
  Vault vault(storage());
  vault.call(call_for(other_key, "store"), "x");
  order(one_key + ".hold");
  const auto held = vault.begin(call_for(one_key, "load"));
  const auto same = vault.begin(call_for(one_key, "load"));
  vault.server().wait_for_log("drawer: held at read");
  const auto other = vault.begin(call_for(other_key, "load"));
  if (GetParam() == std::string("drawers")) {
    EXPECT_EQ(storage_answer(other->read()).data, "x");
    EXPECT_TRUE(held->silent());
  }
  revoke(one_key + ".hold");
  EXPECT_EQ(storage_answer(held->read()).status, absent);
  EXPECT_EQ(storage_answer(same->read()).status, absent);
  if (GetParam() == std::string("drawer")) {
    EXPECT_EQ(storage_answer(other->read()).data, "x");
  }
  EXPECT_EQ(vault.server().stop(), 0);  // then the log is complete
  EXPECT_EQ(occurrences(vault.server().log(), "two calls at once"), 0u);
}

TEST_P(SimpleSessionStorage, LetsNobodyUndoWithALockOfBefore) {
  Vault vault(storage());
  const auto first = vault.call(call_for(one_key, "store"), "old");
  const auto held = vault.call("op=lock&lease=1&hex=" + one_key);
  const auto change = call_for(one_key, "store") + "&revision=" + std::to_string(first.revision);
  vault.until([&] { return vault.call(change, "new").status == done; });  // when the lease is over
  EXPECT_EQ(vault.call(call_for(one_key, "store", held.lock), "late").status, lost);
  EXPECT_EQ(vault.call(call_for(one_key, "load")).data, "new");
}

TEST_P(SimpleSessionStorage, LosesNoUpdateOfManyRecords) {
  Vault vault(storage());
  std::vector<std::unique_ptr<Client>> all;
  for (int key = 0; key < 8; ++key) {
    const auto name = "&key=" + std::to_string(key);
    vault.call("op=store&left=600000" + name, "0");
    for (int client = 0; client < 4; ++client) all.push_back(vault.begin("op=increment&times=25" + name));
  }
  for (const auto& client : all) EXPECT_EQ(client->read(Milliseconds(120'000)).body, "done");
  for (int key = 0; key < 8; ++key) EXPECT_EQ(vault.call("op=load&key=" + std::to_string(key)).data, "100");
  EXPECT_EQ(vault.server().stop(), 0);  // then the log is complete
  EXPECT_EQ(occurrences(vault.server().log(), "two calls at once"), 0u);
}

// The one worker is busy, and there is no room for more.
class NoWorker : public SimpleSessionStorage {
 protected:
  void occupy() {
    working_ = std::make_unique<Client>(server_);
    working_->send(simple_get("/gate"));
    server_.wait_for_log("gate: waiting");
    for (auto& waiting : waiting_) {
      waiting = std::make_unique<Client>(server_);
      waiting->send(simple_get("/gate"));
    }
    until([&] { return !waiting_[0]->silent() || !waiting_[1]->silent(); });  // there was room for the other one alone
  }
  void release() {
    get(server_, "/open");
    EXPECT_EQ(working_->read().status, 200);
    for (const auto& waiting : waiting_) waiting->read();
  }

  Server server_{paths("workers: 1, limits: { worker_queue: 1 }")};

 private:
  std::unique_ptr<Client> working_;
  std::array<std::unique_ptr<Client>, 2> waiting_;
};
INSTANTIATE_TEST_SUITE_P(Drawer, NoWorker, ::testing::Values("drawer", "drawers"),
                         [](const auto& of) { return std::string(of.param); });

TEST_P(NoWorker, IsUnavailableAndKeepsNoLock) {
  ask(server_, call_for(one_key, "store"));
  const auto held = ask(server_, call_for(one_key, "lock"));
  occupy();
  for (const auto* op : {"load", "lock", "touch", "remove"})
    EXPECT_EQ(ask(server_, call_for(other_key, op)).status, unavailable) << op;
  EXPECT_EQ(ask(server_, store_and_unlock(one_key, held.lock), "new").status, unavailable);
  release();
  const auto next = ask(server_, call_for(one_key, "lock"));
  EXPECT_EQ(next.status, done);
  EXPECT_EQ(next.data, "x");
}

TEST_P(NoWorker, IsToldToThoseWhoWaitForALock) {
  ask(server_, call_for(one_key, "store"));
  const auto held = ask(server_, call_for(one_key, "lock"));
  Client waiting(server_);
  waiting.send(simple_get("/?" + call_for(one_key, "lock")));
  until([&] { return counters_of(server_, "/").lock_waits == 1; });
  occupy();
  EXPECT_EQ(ask(server_, call_for(one_key, "unlock", held.lock)).status, unavailable);
  EXPECT_EQ(storage_answer(waiting.read()).status, unavailable);
  release();
  EXPECT_EQ(ask(server_, call_for(one_key, "lock")).status, done);
}

TEST_P(NoWorker, LooksAtLeasesAgainAfterwards) {
  ask(server_, call_for(one_key, "store"));
  const auto lock_for = [&](const std::string& lease) { return "op=lock&hex=" + one_key + "&lease=" + lease; };
  ask(server_, lock_for("6000"));  // time enough to occupy the worker
  Client waiting(server_);
  waiting.send(simple_get("/?" + lock_for("600000")));
  until([&] { return counters_of(server_, "/").lock_waits == 1; });
  occupy();
  EXPECT_EQ(storage_answer(waiting.read()).status, unavailable) << "when the lease was over";
  release();
  EXPECT_EQ(ask(server_, lock_for("300")).status, done);
  EXPECT_EQ(ask(server_, lock_for("600000")).status, done);
}

TEST_P(SimpleSessionStorage, AnswersAllThatIsQueuedWhenTheServerEnds) {
  Server server(paths("workers: 1"));
  ask(server, call_for(one_key, "store"));
  order(one_key + ".hold");
  std::vector<std::unique_ptr<Client>> clients;
  for (const auto& query : {call_for(one_key, "load"), call_for(one_key, "lock"), call_for(other_key, "load"),
                            call_for(other_key, "store")}) {
    clients.push_back(std::make_unique<Client>(server));
    clients.back()->send(simple_get("/?" + query));
    server.wait_for_log("drawer: held at read");
  }
  server.signal(SIGTERM);
  server.wait_for_log("stopping");
  revoke(one_key + ".hold");
  EXPECT_EQ(server.wait(), 0) << server.log();
  EXPECT_EQ(occurrences(server.log(), "answered twice"), 0u);
}

TEST_P(SimpleSessionStorage, LetsWhoWillNotWaitGoAlsoWhileTheBackendHangs) {
  Vault vault(storage());
  vault.call(call_for(one_key, "store"));
  order(one_key + ".hold");
  const auto hanging = vault.begin(call_for(one_key, "load"));
  vault.server().wait_for_log("drawer: held at read");
  const auto waiting = vault.begin(call_for(one_key, "lock") + "&name=waiting");
  vault.until([&] {
    get(vault.server(), "/?op=cancel&name=waiting&hex=" + one_key);
    return !waiting->silent();
  });
  EXPECT_EQ(storage_answer(waiting->read()).status, cancelled);
  revoke(one_key + ".hold");
  EXPECT_EQ(storage_answer(hanging->read()).status, done);
  EXPECT_EQ(vault.call(call_for(one_key, "lock")).status, done);
}

TEST_P(SimpleSessionStorage, GoesWithItsInstanceThoughALeaseIsNotOver) {
  Server server(paths("workers: 2"));
  ask(server, call_for(one_key, "store"));
  const auto first = ask(server, call_for(one_key, "lock"));
  Client waiting(server);
  waiting.send(simple_get("/?" + call_for(one_key, "lock")));
  until([&] { return counters_of(server, "/").lock_waits == 1; });
  ask(server, call_for(one_key, "unlock", first.lock));
  ask(server, call_for(one_key, "unlock", storage_answer(waiting.read()).lock));
  leave(server);
  server.wait_for_log("drawer: closed " + records().string());
}

TEST_P(SimpleSessionStorage, OutlivesItsInstanceForTheLastCall) {
  const auto other = "  /other: { handler: { vault: { storage: { drawer: { path: others } } } } }\n";
  Server server(paths("workers: 2") + other);
  ask(server, "op=store&left=1&hex=" + one_key);
  order(one_key + ".hold");
  until([&] {
    return request(server, "POST", "/?op=sweep").status == 200 &&  // nobody waits for its answer
           occurrences(server.log(), "drawer: held at read") != 0;
  });
  leave(server);
  EXPECT_EQ(occurrences(server.log(), "drawer: closed"), 0u);
  revoke(one_key + ".hold");
  server.wait_for_log("drawer: closed " + records().string());
  EXPECT_FALSE(fs::exists(records() / one_key));
  EXPECT_EQ(storage_answer(request(server, "POST", "/other?" + call_for(one_key, "load"))).status, absent);
}

}  // namespace
}  // namespace kirsch::test
