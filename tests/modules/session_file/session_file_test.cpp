// session_file: what all storages do, between two servers, and what may happen to files.
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <regex>

#include "modules/refusal.h"
#include "support/occurrences.h"
#include "support/own_namespaces.h"
#include "support/session_storage_suite.h"
#include "support/shared_sessions.h"

namespace kirsch::test {

INSTANTIATE_TEST_SUITE_P(File, SessionStorageSuite,
                         ::testing::Values(SessionStorageCase{"{ file: { path: sessions } }", "data"},
                                           SessionStorageCase{"{ file: { path: sessions, sync: always } }", "always"}),
                         case_name);

namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr std::uint64_t done = 0, absent = 1, unavailable = 2, corrupt = 3, conflict = 5, lost = 6, full = 8;

std::string in(const fs::path& folder, const std::string& more = {}) {
  return "{ file: { path: \"" + folder.string() + "\"" + more + " } }";
}
const std::string some_key(64, 'a');
std::string record_call(const std::string& op, const std::string& more = {}) {
  return "op=" + op + "&left=600000&hex=" + some_key + more;
}

// What is in the folder, save the file of the locks.
std::vector<std::string> names(const fs::path& folder) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() != ".locks") found.push_back(entry.path().filename());
  }
  return found;
}

void write_file(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

TEST(SessionFile, WantsAFolderThatIsItsOwn) {
  const TemporaryFolder folder;
  const auto refused = [&](const fs::path& path) {
    return refusal("paths: { /: { handler: { vault: { storage: " + in(path) + " } } } }\n");
  };
  fs::create_directory(folder.path() / "open");
  fs::permissions(folder.path() / "open", fs::perms(0750));
  EXPECT_THAT(refused(folder.path() / "open"), HasSubstr("is open to others: sessions want a folder of mode 0700"));
  folder.write("file", "x");
  EXPECT_THAT(refused(folder.path() / "file"), HasSubstr("cannot be opened: Not a directory"));
  EXPECT_THAT(refused(folder.path() / "none" / "sessions"), HasSubstr("cannot be made: No such file or directory"));
  if (::geteuid() != 0) return;
  fs::create_directory(folder.path() / "other");
  fs::permissions(folder.path() / "other", fs::perms(0700));
  ASSERT_EQ(::chown((folder.path() / "other").c_str(), 65534, 65534), 0);
  EXPECT_THAT(refused(folder.path() / "other"), HasSubstr("belongs to another user"));
}

TEST(SessionFile, MakesFilesThatNobodyElseMayRead) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  Vault vault(in(path));
  EXPECT_EQ(vault.call(record_call("store"), "x").status, done);
  EXPECT_THAT(names(path), ::testing::ElementsAre(some_key));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms(0700));
  EXPECT_EQ(fs::status(path / some_key).permissions(), fs::perms(0600));
  EXPECT_EQ(fs::status(path / ".locks").permissions(), fs::perms(0600));
  EXPECT_EQ(vault.call(record_call("remove")).status, done);
  EXPECT_THAT(names(path), ::testing::IsEmpty());
}

TEST(SessionFile, KeepsRecordsOverARestart) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  std::uint64_t revision = 0;
  {
    Vault vault(in(path));
    revision = vault.call(record_call("store", "&age=1000000"), "kept").revision;
    vault.call(record_call("lock", "&lease=600000"));  // goes with its process
  }
  Vault vault(in(path));
  const auto loaded = vault.call(record_call("lock", "&lease=600000"));
  EXPECT_EQ(loaded.status, done);
  EXPECT_EQ(loaded.data, "kept");
  EXPECT_EQ(loaded.revision, revision);
  EXPECT_GE(loaded.age, 1'000'000u);
}

TEST(SessionFile, FindsEveryByteThatHasChanged) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  Vault vault(in(path));
  ASSERT_EQ(vault.call(record_call("store"), "seven b").status, done);
  const auto whole = contents_of(path / some_key);
  ASSERT_EQ(whole.size(), 48 + 7u);
  for (std::size_t place = 0; place < whole.size(); ++place) {
    auto changed = whole;
    changed[place] = static_cast<char>(changed[place] ^ 0x10);
    write_file(path / some_key, changed);
    EXPECT_EQ(vault.call(record_call("load")).status, corrupt) << place;
    EXPECT_EQ(vault.call(record_call("load")).status, absent) << place;
    EXPECT_EQ(contents_of(path / (some_key + ".corrupt")), changed);
  }
  EXPECT_EQ(vault.counters().corrupt, whole.size());
  vault.server().wait_for_log(some_key + " is no record that can be read; it was put aside as *.corrupt");
  write_file(path / some_key, whole);
  EXPECT_EQ(vault.call(record_call("load")).data, "seven b");
}

TEST(SessionFile, PutsAsideWhatIsNoRecord) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  Vault vault(in(path));
  vault.call(record_call("store"), std::string(100, 'x'));
  const auto whole = contents_of(path / some_key);
  const std::function<void(const fs::path&)> kinds[] = {
      [](const fs::path& file) { write_file(file, ""); },
      [&](const fs::path& file) { write_file(file, whole.substr(0, 20)); },
      [&](const fs::path& file) { write_file(file, whole.substr(0, 148 - 1)); },
      [&](const fs::path& file) { write_file(file, whole + "y"); },
      [](const fs::path& file) {
        write_file(file, "");
        fs::resize_file(file, 1ULL << 40);
      },
      [](const fs::path& file) { ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0); },
      [](const fs::path& file) { fs::create_symlink("/etc/hostname", file); },
      [](const fs::path& file) { fs::create_directory(file); },
  };
  for (const auto& kind : kinds) {
    for (const auto* op : {"load", "lock&lease=1000"}) {
      fs::remove_all(path / some_key);
      fs::remove_all(path / (some_key + ".corrupt"));
      kind(path / some_key);
      EXPECT_EQ(vault.call(record_call(op)).status, corrupt);
      EXPECT_EQ(vault.call(record_call(op)).status, absent);
    }
    fs::remove_all(path / (some_key + ".corrupt"));
    kind(path / some_key);
    EXPECT_EQ(vault.call(record_call("store"), "new").status, done);
    EXPECT_EQ(vault.call(record_call("remove")).status, done);
  }
  EXPECT_EQ(vault.call(record_call("store"), "new").status, done);
}

TEST(SessionFile, PutsAsideWhatIsNoRecordThoughNobodyAsksForIt) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  Vault vault(in(path));
  vault.call(record_call("store"), "kept");
  const auto whole = contents_of(path / some_key);
  const auto file = [&](char digit) { return path / std::string(64, digit); };
  write_file(file('b'), "");
  write_file(file('c'), whole.substr(0, whole.size() - 1));
  auto expired = whole.substr(0, whole.size() - 1);
  expired.replace(32, 8, std::string(8, '\0'));
  write_file(file('d'), expired);
  auto changed = whole;
  changed.replace(32, 8, std::string(8, '\0'));  // no time of any record: its checksum is another
  write_file(file('e'), changed);
  fs::create_symlink("/etc/hostname", file('f'));
  ASSERT_EQ(::mkfifo(file('0').c_str(), 0600), 0);
  fs::create_directory(file('1'));
  vault.until([&] {
    get(vault.server(), "/?op=sweep");
    return vault.counters().corrupt == 7;
  });
  std::vector<std::string> aside{some_key};
  for (const char digit : {'b', 'c', 'd', 'e', 'f', '0', '1'}) aside.push_back(std::string(64, digit) + ".corrupt");
  EXPECT_THAT(names(path), ::testing::UnorderedElementsAreArray(aside));
  EXPECT_EQ(vault.counters().expired, 0u);
  EXPECT_EQ(vault.call(record_call("load")).data, "kept");
}

TEST(SessionFile, TakesNoNoticeOfWhatAKillHasLeft) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  Vault vault(in(path));
  write_file(path / (some_key + ".new"), "half a rec");
  EXPECT_EQ(vault.call(record_call("load")).status, absent);
  EXPECT_EQ(vault.call(record_call("store"), "whole").status, done);
  EXPECT_EQ(vault.call(record_call("load")).data, "whole");
  EXPECT_THAT(names(path), ::testing::ElementsAre(some_key));
}

TEST(SessionFile, TakesExpiredRecordsAway) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  Vault vault(in(path));
  for (int number = 0; number < 600; ++number)
    ASSERT_EQ(vault.call("op=store&left=1&key=" + std::to_string(number), "x").status, done);
  ASSERT_EQ(vault.call(record_call("store"), "kept").status, done);
  write_file(path / "somebody's", "not ours");
  write_file(path / (std::string(64, 'b') + ".new"), "half a rec");
  write_file(path / (some_key + ".corrupt"), "for a week");
  vault.until([&] {
    get(vault.server(), "/?op=sweep");
    return names(path).size() == 3;
  });
  EXPECT_THAT(names(path), ::testing::UnorderedElementsAre(some_key, some_key + ".corrupt", "somebody's"));
  vault.until([&] { return vault.counters().expired == 600; });
  EXPECT_EQ(vault.call(record_call("load")).data, "kept");
}

TEST(SessionFile, GivesALockToOneProcessAtATime) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  Vault here(in(path)), there(in(path));
  const auto revision = here.call(record_call("store"), "0").revision;
  const auto held = here.call(record_call("lock", "&lease=600000"));
  ASSERT_EQ(held.status, done);
  const auto waiting = there.begin(record_call("lock", "&lease=600000"));
  there.until([&] { return there.counters().lock_waits == 1; });
  EXPECT_EQ(there.call(record_call("store", "&revision=" + std::to_string(revision)), "other").status, conflict);
  EXPECT_EQ(there.call(record_call("store", "&lock=" + std::to_string(held.lock)), "other").status, lost);
  EXPECT_EQ(there.call(record_call("load")).data, "0");
  EXPECT_TRUE(waiting->silent());
  EXPECT_EQ(here.call(record_call("store", "&unlock=1&lock=" + std::to_string(held.lock)), "1").status, done);
  const auto next = storage_answer(waiting->read());
  EXPECT_EQ(next.status, done);
  EXPECT_EQ(next.data, "1");
  const auto back = here.begin(record_call("lock", "&lease=600000"));
  here.until([&] { return here.counters().lock_waits == 1; });
  EXPECT_EQ(here.call(record_call("remove")).status, done);
  EXPECT_EQ(there.call(record_call("remove", "&lock=" + std::to_string(next.lock))).status, absent);
  EXPECT_EQ(storage_answer(back->read()).status, absent);
}

TEST(SessionFile, TakesALockFromAnotherProcessWhenItsLeaseIsOver) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  Vault here(in(path)), there(in(path));
  here.call(record_call("store"), "0");
  const auto held = here.call(record_call("lock", "&lease=1"));
  const auto next = there.call(record_call("lock", "&lease=600000"));
  EXPECT_EQ(next.status, done);
  EXPECT_EQ(here.call(record_call("store", "&lock=" + std::to_string(held.lock)), "late").status, lost);
  EXPECT_EQ(there.call(record_call("store", "&lock=" + std::to_string(next.lock)), "1").status, done);
}

TEST(SessionFile, TakesALockFromAProcessThatWasKilled) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  Vault here(in(path)), there(in(path));
  here.call(record_call("store"), "0");
  here.call(record_call("lock", "&lease=600000"));
  const auto waiting = there.begin(record_call("lock", "&lease=600000"));
  there.until([&] { return there.counters().lock_waits == 1; });
  here.server().signal(SIGKILL);
  EXPECT_EQ(storage_answer(waiting->read()).status, done);
}

TEST(SessionFile, KeepsNoLockOfWhatNoWorkerTook) {
  const Server server(loopback(
      "server: { workers: 1, limits: { worker_queue: 1 } }\npaths:\n  /: { handler: { vault: { storage: { file: { "
      "path: sessions } } } } }\n  /gate: { handler: { gate: {} } }\n  /open: { handler: { gate_opener: {} } }\n"));
  const auto ask = [&](const std::string& query) {
    return storage_answer(request(server, "POST", "/?" + query, {}, "x"));
  };
  EXPECT_EQ(ask("op=store&key=a&left=600000").status, done);
  const auto held = ask("op=lock&key=a&lease=600000");
  Client working(server), one(server), other(server);
  working.send(simple_get("/gate"));
  server.wait_for_log("gate: waiting");
  for (auto* const waiting : {&one, &other}) waiting->send(simple_get("/?op=load&key=a"));
  until([&] { return !one.silent() || !other.silent(); });  // there was room for the other one alone
  EXPECT_EQ(ask("op=store&key=a&left=600000&unlock=1&lock=" + std::to_string(held.lock)).status, unavailable);
  get(server, "/open");
  for (auto* const ended : {&working, &one, &other}) EXPECT_EQ(ended->read().status, 200);
  EXPECT_EQ(ask("op=lock&key=a&lease=1000").status, done);
}

TEST(SessionFile, LosesNoUpdateOfTwoProcesses) {
  const TemporaryFolder folder;
  expect_no_lost_update(in(folder.path() / "sessions", ", sync: never"));
}

TEST(SessionFile, LetsTwoServersShareTheirClients) {
  const TemporaryFolder folder;
  expect_shared_sessions(in(folder.path() / "sessions", ", sync: never"));
}

// Of a size that takes several writes, and says its number at both ends.
std::string numbered(std::uint64_t number) {
  const auto text = std::to_string(number);
  return text + std::string(20'000 + number % 60'000, static_cast<char>('a' + number % 26)) + text;
}

// KIRSCH_SESSION_KILLS: how many.
TEST(SessionFile, LosesNothingThatItHasAnsweredForWhenItIsKilled) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  const auto* const wanted = std::getenv("KIRSCH_SESSION_KILLS");
  const int kills = wanted == nullptr ? 5 : std::stoi(wanted);
  std::mt19937 random(std::random_device{}());
  std::uint64_t answered = 0;
  for (int kill = 0; kill < kills; ++kill) {
    auto vault = std::make_unique<Vault>(in(path));
    const auto found = vault->call(record_call("load"));
    if (answered != 0) {
      ASSERT_EQ(found.status, done) << kill << vault->server().log();
      ASSERT_TRUE(found.data == numbered(answered) || found.data == numbered(answered + 1)) << kill;
      answered = std::stoull(found.data);
    }
    std::atomic<int> stored{0};
    std::atomic<bool> ended{false};
    std::thread writer([&, revision = found.revision]() mutable {
      try {
        for (;; ++answered, ++stored) {
          const auto answer =
              vault->call(record_call("store", "&revision=" + std::to_string(revision)), numbered(answered + 1));
          if (answer.status != done) throw std::runtime_error("it answered " + std::to_string(answer.status));
          revision = answer.revision;
        }
      } catch (const std::exception& failure) {  // it was killed
        EXPECT_NE(stored, 0) << failure.what();
      }
      ended = true;
    });
    while (stored == 0 && !ended) std::this_thread::yield();
    const auto instant = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 20'000);
    while (std::chrono::steady_clock::now() < instant) std::this_thread::yield();
    vault->server().signal(SIGKILL);
    writer.join();
    vault->server().wait();
  }
  Vault vault(in(path));
  const auto found = vault.call(record_call("load"));
  EXPECT_TRUE(found.data == numbered(answered) || found.data == numbered(answered + 1));
  EXPECT_EQ(vault.counters().corrupt, 0u);
}

// The server, watched by strace, which lets calls fail if it is told to. Leaks cannot be looked for under a tracer.
class TracedServer {
 public:
  TracedServer(const std::string& storage, const std::string& expression)
      : server_(loopback("paths: { /: { handler: { vault: { storage: " + storage + " } } } }\n"),
                {.environment = {{"ASAN_OPTIONS", "detect_leaks=0"}},
                 .launcher = {"strace", "-D", "-f", "-q", "-o", (folder_.path() / "calls").string(), "-e",
                              "trace=fsync,fdatasync,renameat,unlinkat", "-e", expression}}) {}
  StorageAnswer call(const std::string& query, const std::string& data = {}) {
    return storage_answer(request(server_, "POST", "/?" + query, {}, data));
  }
  std::string calls() {
    server_.stop();
    return contents_of(folder_.path() / "calls");
  }

 private:
  TemporaryFolder folder_;
  Server server_;
};

TEST(SessionFile, WritesThroughAsFarAsItIsTold) {
  for (const auto& [sync, files, data] : {std::tuple{"always", 2u, 0u}, {"data", 0u, 1u}, {"never", 0u, 0u}}) {
    const TemporaryFolder folder;
    TracedServer server(in(folder.path() / "sessions", std::string(", sync: ") + sync), "signal=none");
    EXPECT_EQ(server.call(record_call("store"), "x").status, done);
    const auto calls = server.calls();
    EXPECT_EQ(occurrences(calls, " fsync("), files) << sync << calls;
    EXPECT_EQ(occurrences(calls, " fdatasync("), data) << sync << calls;
    EXPECT_EQ(occurrences(calls, ".new\", "), 1u) << calls;
  }
}

TEST(SessionFile, KeepsWhatItHasWhenACallFails) {
  for (const auto* injection : {"inject=fdatasync:error=EIO", "inject=renameat:error=EIO"}) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "sessions";
    const auto revision = Vault(in(path)).call(record_call("store"), "old").revision;
    TracedServer server(in(path), injection);
    EXPECT_EQ(server.call(record_call("store", "&revision=" + std::to_string(revision)), "new").status, unavailable);
    EXPECT_EQ(server.call(record_call("touch")).status, unavailable);
    EXPECT_EQ(server.call("op=store&left=600000&key=other", "new").status, unavailable);
    EXPECT_EQ(server.call(record_call("load")).data, "old");
    EXPECT_THAT(names(path), ::testing::ElementsAre(some_key));
  }
}

TEST(SessionFile, KeepsWhatItHasWhenTheDiskIsFull) {
  if (const auto reason = namespaces_denied()) GTEST_SKIP() << *reason;
  in_own_namespaces([] {
    fs::create_directory("/srv/disk");
    ASSERT_EQ(::mount("tmpfs", "/srv/disk", "tmpfs", 0, "size=256k,mode=700"), 0);
    Vault vault(in("/srv/disk/sessions"));
    ASSERT_EQ(vault.call(record_call("store"), std::string(50'000, 'o')).status, done);
    const auto held = vault.call(record_call("lock", "&lease=600000"));
    std::ofstream("/srv/disk/filler") << std::string(300'000, 'f');
    const auto mine = record_call("store", "&lock=" + std::to_string(held.lock));
    EXPECT_EQ(vault.call(mine, std::string(60'000, 'n')).status, full);
    EXPECT_EQ(vault.call(mine, std::string(60'000, 'n')).status, full);
    EXPECT_EQ(vault.call("op=store&key=other&left=600000", std::string(60'000, 'n')).status, full);
    EXPECT_EQ(vault.call(record_call("load")).data, std::string(50'000, 'o'));
    EXPECT_THAT(names("/srv/disk/sessions"), ::testing::ElementsAre(some_key));
    fs::remove("/srv/disk/filler");
    EXPECT_EQ(vault.call(mine, std::string(60'000, 'n')).status, done);
    EXPECT_EQ(vault.call(record_call("load")).data, std::string(60'000, 'n'));
    vault.server().wait_for_log("sessions can be stored in /srv/disk/sessions again");
    EXPECT_EQ(occurrences(vault.server().log(), "cannot write sessions in /srv/disk/sessions: No space left on device"),
              1u);
  });
}

TEST(SessionFile, SaysWhatHelpsWhereItsFolderWasRemoved) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  Vault vault(in(path));
  EXPECT_EQ(vault.call(record_call("store"), "x").status, done);
  fs::remove_all(path);
  fs::create_directory(path);
  EXPECT_EQ(vault.call(record_call("store"), "x").status, unavailable);
  vault.server().wait_for_log("cannot write sessions in " + path.string() +
                              ": the folder was removed; a restart opens it anew, a reload does not");
}

TEST(SessionFile, ReadsOnWhereNothingCanBeWritten) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sessions";
  // Root may write everywhere unless it has given that up.
  std::vector<std::string> launcher;
  if (::geteuid() == 0) launcher = {"setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"};
  Server server(loopback("paths: { /: { handler: { vault: { storage: " + in(path) + " } } } }\n"),
                {.launcher = launcher});
  const auto call = [&](const std::string& query, const std::string& data = {}) {
    return storage_answer(request(server, "POST", "/?" + query, {}, data));
  };
  const auto revision = call(record_call("store"), "old").revision;
  fs::permissions(path, fs::perms(0500));
  const auto change = record_call("store", "&revision=" + std::to_string(revision));
  EXPECT_EQ(call(change, "new").status, unavailable);
  EXPECT_EQ(call(record_call("touch")).status, unavailable);
  EXPECT_EQ(call(record_call("remove")).status, unavailable);
  EXPECT_EQ(call(record_call("load")).data, "old");
  server.wait_for_log("cannot write sessions in " + path.string() + ": Permission denied");
  fs::permissions(path, fs::perms(0700));
  EXPECT_EQ(call(change, "new").status, done);
}

}  // namespace
}  // namespace kirsch::test
