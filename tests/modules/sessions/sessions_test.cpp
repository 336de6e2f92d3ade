// sessions: what a client gets, keeps and loses, with a storage that answers at once and one that takes its time.
#include <gmock/gmock.h>
#include <openssl/sha.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "modules/refusal.h"
#include "support/certificates.h"
#include "support/command.h"
#include "support/guests.h"
#include "support/occurrences.h"
#include "support/tls_client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr auto secret = "[A-Za-z0-9_-]{43}";
const std::string chosen(43, 'A');

// What storages know an id by, in hexadecimal.
std::string hash_of(const std::string& id) {
  const std::string hashed = "sid=" + id;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(hashed.data()), hashed.size(), digest);
  std::string hex;
  for (const unsigned char byte : digest) {
    for (const int shift : {4, 0}) hex += "0123456789abcdef"[byte >> shift & 15];
  }
  return hex;
}

// By two minutes.
void make_older(const Server& server, const Guest& guest) {
  const auto hex = hash_of(guest.id);
  const auto record = storage_answer(get(server, "/vault?op=load&hex=" + hex));
  get(server, "/vault?op=remove&hex=" + hex);
  const auto stored = request(server, "POST", "/vault?op=store&age=120000&left=600000&hex=" + hex, {}, record.data);
  EXPECT_EQ(storage_answer(stored).status, 0u);
}

class Sessions : public ::testing::TestWithParam<std::string> {
 protected:
  static std::string yaml(const std::string& options = {}, const std::string& more = {}) {
    return visitors(options, GetParam(), more);
  }
};
INSTANTIATE_TEST_SUITE_P(Of, Sessions, storages_of_both_kinds(), kind_name);

TEST_P(Sessions, LeaveNoTraceBeforeSomethingIsSet) {
  const Server server(yaml());
  for (const auto* target :
       {"/", "/?idle", "/?erase=a", "/?clear", "/?regenerate", "/?throw", "/?fail=404", "/nowhere"})
    EXPECT_EQ(get(server, target).count("Set-Cookie"), 0u) << target;
  EXPECT_EQ(counters_of(server).records, 0u);
}

TEST_P(Sessions, AreFoundAgainByTheirCookie) {
  const Server server(yaml());
  Guest guest(server);
  const auto first = guest.ask("/?set=a:1");
  EXPECT_EQ(first.count("Set-Cookie"), 1u);
  EXPECT_THAT(*first.field("Set-Cookie"),
              MatchesRegex("__Host-sid=" + std::string(secret) + "; Path=/; HttpOnly; SameSite=Lax; Secure"));
  EXPECT_EQ(first.body, "new\na=1\n");
  const auto second = guest.ask("/?set=b:2");
  EXPECT_EQ(second.body, "old\na=1\nb=2\n");
  EXPECT_EQ(second.count("Set-Cookie"), 0u);
  EXPECT_EQ(guest.body("/?erase=a"), "old\nb=2\n");
  EXPECT_EQ(guest.body("/"), "old\nb=2\n");
  EXPECT_EQ(counters_of(server).records, 1u);
}

TEST_P(Sessions, HoldValuesOfEveryKind) {
  const Server server(yaml());
  Guest guest(server);
  guest.ask("/?each");
  EXPECT_EQ(guest.body("/"),
            "old\nyes=true\nsmall=-7\nlarge=-9223372036854775808\npi=3.500000\ntext=words\nraw=3 "
            "bytes\nlist=[pears,3,{in:list,},]\nmap={a:1,b:[],}\n");
}

TEST_P(Sessions, OfDifferentClientsAreDifferent) {
  const Server server(yaml());
  std::set<std::string> ids;
  for (int client = 0; client < 50; ++client) {
    Guest guest(server);
    guest.ask("/?set=a:" + std::to_string(client));
    EXPECT_EQ(guest.body("/"), "old\na=" + std::to_string(client) + "\n");
    ids.insert(guest.id);
  }
  EXPECT_EQ(ids.size(), 50u);
}

TEST_P(Sessions, NeverTakeAnIdThatAClientHasChosen) {
  const Server server(yaml());
  for (const std::string& id : {chosen, std::string("x"), std::string(), std::string(5000, 'A'), std::string(42, 'A'),
                                std::string(44, 'A'), chosen.substr(1) + "+", std::string("../../../../etc/passwd"),
                                chosen.substr(1) + "/", std::string("\"") + chosen.substr(2) + "\""}) {
    Guest guest(server, id);
    EXPECT_EQ(guest.ask("/").count("Set-Cookie"), 0u) << id;
    guest.ask("/?set=a:1");
    EXPECT_THAT(guest.id, MatchesRegex(secret));
    EXPECT_NE(guest.id, id);
    Guest attacker(server, id);
    EXPECT_EQ(attacker.body("/"), "new\n") << id;
  }
}

TEST_P(Sessions, TakeTheFirstCookieThatCanBeTheirs) {
  const Server server(yaml());
  Guest guest(server);
  guest.ask("/?set=a:1");
  const auto with = [&](const std::string& cookies) { return get(server, "/", "Cookie: " + cookies + "\r\n").body; };
  EXPECT_EQ(with("__Host-sid=tossed; __Host-sid=" + guest.id), "old\na=1\n");
  EXPECT_EQ(with("__Host-sid=" + guest.id + "; __Host-sid=" + chosen), "old\na=1\n");
  EXPECT_EQ(with("sid=" + guest.id), "new\n");
  EXPECT_EQ(with("__host-sid=" + guest.id), "new\n");
}

TEST_P(Sessions, KeepNoIdButItsHash) {
  const Server server(yaml());
  Guest guest(server);
  guest.ask("/?set=a:1");
  guest.ask("/?log=named");
  const auto hex = hash_of(guest.id);
  const auto record = storage_answer(get(server, "/vault?op=load&hex=" + hex));
  EXPECT_EQ(record.status, 0u);
  EXPECT_THAT(record.data, Not(HasSubstr(guest.id)));
  EXPECT_EQ(server.wait_for_line("visitor: named "), hex.substr(0, 16));
  EXPECT_THAT(server.log(), Not(HasSubstr(guest.id)));
}

TEST_P(Sessions, EndWhenTheyAreNotUsed) {
  const Server server(yaml("timeout: 200ms"));
  Guest guest(server);
  guest.ask("/?set=a:1");
  until([&] { return storage_answer(get(server, "/vault?op=load&hex=" + hash_of(guest.id))).status == 1; });
  EXPECT_EQ(guest.body("/"), "new\n");
}

TEST_P(Sessions, EndLongAfterTheirLoginHoweverUsed) {
  const Server server(yaml("timeout: 1500ms, absolute_timeout: 1500ms"));
  Guest guest(server);
  guest.ask("/?count");
  const auto first = guest.id;
  int most = 0;
  until([&] {
    most = std::max(most, std::stoi(guest.body("/?count").substr(6)));
    return guest.id != first;
  });
  EXPECT_GT(most, 1);
  EXPECT_EQ(Guest(server, first).body("/"), "new\n");
}

TEST_P(Sessions, GetAnotherIdForTheSameData) {
  const Server server(yaml());
  Guest guest(server);
  guest.ask("/?set=a:1&token=csrf");
  const auto before = guest.id;
  const auto answer = guest.ask("/?regenerate&set=b:2");
  EXPECT_EQ(answer.count("Set-Cookie"), 1u);
  EXPECT_NE(guest.id, before);
  EXPECT_EQ(guest.body("/"), "old\na=1\nb=2\n");
  EXPECT_EQ(Guest(server, before).body("/"), "new\n");
  EXPECT_EQ(counters_of(server).records, 1u);
}

TEST_P(Sessions, GetAnotherIdAtALogin) {
  const Server server(yaml());
  Guest guest(server);
  guest.ask("/?set=cart:pears&token=csrf");
  const auto before = guest.id;
  guest.ask("/?login=ada");
  EXPECT_NE(guest.id, before);
  EXPECT_EQ(guest.body("/"), "old\ncart=pears\nkirsch.user=ada\n");
  EXPECT_EQ(Guest(server, before).body("/"), "new\n");
  guest.ask("/?login=bob");  // who is not to see what ada had
  EXPECT_EQ(guest.body("/"), "old\nkirsch.user=bob\n");
  Guest stranger(server);
  stranger.ask("/?login=eve");
  EXPECT_EQ(stranger.body("/"), "old\nkirsch.user=eve\n");
}

TEST_P(Sessions, EndOnBothSides) {
  const Server server(yaml());
  Guest guest(server);
  guest.ask("/?login=ada");
  const auto before = guest.id;
  const auto answer = guest.ask("/?expire");
  EXPECT_EQ(*answer.field("Set-Cookie"), "__Host-sid=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0");
  EXPECT_EQ(answer.body, "old\n");
  EXPECT_EQ(Guest(server, before).body("/"), "new\n");
  EXPECT_EQ(counters_of(server).records, 0u);
}

TEST_P(Sessions, BeginAnewBehindTheirEnd) {
  const Server server(yaml());
  Guest guest(server);
  guest.ask("/?login=ada");
  const auto before = guest.id;
  guest.ask("/?expire&set=flash:bye");
  EXPECT_NE(guest.id, before);
  EXPECT_EQ(guest.body("/"), "old\nflash=bye\n");
  EXPECT_EQ(Guest(server, before).body("/"), "new\n");
}

TEST_P(Sessions, StoreNothingOfAnExchangeThatFails) {
  const Server server(yaml({},
                           "  /last: { handler: { visitor: {} }, tools: { use: [guests], recorder: { fail_at: "
                           "before_finalize } } }\n"));
  Guest guest(server);
  guest.ask("/?set=a:1");
  for (const auto& [target, status] : {std::pair("/?set=a:2&throw", 500),
                                       {"/?set=a:2&fail=503", 503},
                                       {"/?login=eve&throw", 500},
                                       {"/?expire&throw", 500},
                                       {"/last?set=a:2", 500}}) {
    EXPECT_EQ(guest.ask(target).status, status) << target;
    EXPECT_EQ(guest.body("/"), "old\na=1\n") << target;
  }
  EXPECT_EQ(guest.ask("/?set=a:2&fail=403").status, 403);  // an answer that was meant
  EXPECT_EQ(guest.body("/"), "old\na=2\n");
  Guest stranger(server);
  EXPECT_EQ(stranger.ask("/?set=a:1&throw").count("Set-Cookie"), 0u);
  EXPECT_EQ(counters_of(server).records, 1u);
}

TEST_P(Sessions, HoldNoMoreThanTheyMay) {
  const Server server(yaml("max_size: 1000"));
  Guest guest(server);
  guest.ask("/?large=900");
  EXPECT_EQ(guest.ask("/?large=990").status, 500);
  server.wait_for_log("the session would be larger than its max_size");
  EXPECT_EQ(guest.body("/"), "old\nlarge=" + std::string(900, 'x') + "\n");
  EXPECT_EQ(guest.ask("/?large=950").status, 200);
}

TEST_P(Sessions, AreNotForCaches) {
  const Server server(yaml());
  Guest guest(server);
  EXPECT_EQ(guest.ask("/?set=a:1").field("Cache-Control"), "no-store");
  EXPECT_EQ(guest.ask("/").field("Cache-Control"), "no-store");
  EXPECT_EQ(guest.ask("/?idle").field("Cache-Control"), std::nullopt);
  EXPECT_EQ(guest.ask("/?expire").field("Cache-Control"), "no-store");
}

// What says who a client is goes into no cache, whatever the answer says of itself or the configuration of all.
TEST_P(Sessions, GiveNoCookieToCachesOfMany) {
  const Server server(
      visitors("persistent: true, timeout: 8s", GetParam(),
               "  /late: { handler: { visitor: {} }, tools: { use: [guests], response_headers: { default: { "
               "Cache-Control: public } } } }\n"
               "  /early: { handler: { visitor: {} }, tools: { use: [guests], response_headers: { priority: 10, set: { "
               "Cache-Control: public } } } }\n"
               "  /site/: { handler: { static: { root: ., strip: /site, cache_control: 'max-age=60, public' } }, "
               "tools: { use: [guests] } }\n"));
  Guest guest(server);
  EXPECT_EQ(guest.ask("/early?set=a:1").field("Cache-Control"), "no-store");
  EXPECT_EQ(guest.ask("/late").field("Cache-Control"), "no-store");
  const auto kept = [&] { return guest.ask("/site/kirsch.yaml"); };
  until([&] {  // its time would be prolonged now
    EXPECT_EQ(kept().count("Set-Cookie"), 0u);
    return guest.ask("/?idle").count("Set-Cookie") == 1;
  });
  EXPECT_EQ(kept().field("Cache-Control"), "max-age=60, public");
}

TEST_P(Sessions, ChangeTheirIdByThemselvesAndForwardForAWhile) {
  const Server server(yaml("rotation: 1m"));
  Guest guest(server);
  guest.ask("/?set=a:1&token=csrf");
  const auto token = guest.body("/");
  make_older(server, guest);
  Guest late(server, guest.id);
  EXPECT_EQ(guest.body("/"), token);
  EXPECT_NE(guest.id, late.id);
  EXPECT_EQ(guest.body("/?set=b:2"), token + "b=2\n");
  EXPECT_EQ(late.body("/"), token + "b=2\n");  // was on its way with the old id
  EXPECT_EQ(late.body("/?set=c:3"), token + "b=2\nc=3\n");
  EXPECT_EQ(guest.body("/"), token + "b=2\nc=3\n");
}

TEST_P(Sessions, ThatHaveEndedComeBackUnderNoOtherId) {
  const Server server(yaml("rotation: 1m"));
  Guest guest(server);
  guest.ask("/?set=a:1");
  make_older(server, guest);
  const auto held = guest.begin("/staying?set=b:2&stay=first");
  server.wait_for_log("visitor: first stays");
  get(server, "/vault?op=remove&hex=" + hash_of(guest.id));  // as a logout on another server does
  get(server, "/waker?wake=first");
  const auto answer = held->read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.count("Set-Cookie"), 0u);
  until([&] { return counters_of(server).records == 0; });
}

TEST_P(Sessions, BeginAnewWhereARecordCannotBeRead) {
  const Server server(yaml());
  Guest guest(server);
  guest.ask("/?each");
  const auto hex = hash_of(guest.id);
  const auto good = storage_answer(get(server, "/vault?op=load&hex=" + hex)).data;
  std::vector<std::string> broken = {"", "S", "X" + good.substr(1), "M", std::string(33, 'M'), good + "x"};
  for (std::size_t size = 1; size < good.size(); size += 7) {
    auto cut = good.substr(0, size);
    broken.push_back(cut);
    cut = good;
    cut[size] = static_cast<char>(cut[size] ^ 0x80);
    broken.push_back(cut);
  }
  for (const auto& record : broken) {
    get(server, "/vault?op=remove&hex=" + hex);
    EXPECT_EQ(storage_answer(request(server, "POST", "/vault?op=store&left=600000&hex=" + hex, {}, record)).status, 0u);
    EXPECT_EQ(get(server, "/", cookie_field(guest.id)).status, 200);
    EXPECT_EQ(get(server, "/?set=a:1", cookie_field(guest.id)).status, 200);
  }
  server.wait_for_log("the storage of sessions failed: the record cannot be read");
}

TEST_P(Sessions, AreKeptOverAReload) {
  Server server(yaml());
  Guest guest(server);
  guest.ask("/?set=a:1");
  add_path(server, "/other: { handler: { respond: {} } }");
  ASSERT_EQ(command(server, "reload").exit_code, 0);
  EXPECT_EQ(get(server, "/other").status, 200);
  EXPECT_EQ(guest.body("/"), "old\na=1\n");
  EXPECT_EQ(server.stop(), 0);
}

TEST(SessionReload, WaitsForTheLastAnswerToReturn) {
  const TemporaryFolder folder;
  const auto file = folder.write("lingers", "");
  Server server(visitors("timeout: 10m", "{ lingerer: { while: " + file.string() + " } }"));
  EXPECT_EQ(Guest(server, chosen).body("/"), "new\n");
  auto yaml = contents_of(server.folder() / "kirsch.yaml");
  yaml.replace(yaml.find("timeout: 10m"), 12, "timeout: 20m");
  std::ofstream(server.folder() / "kirsch.yaml") << yaml;
  ASSERT_EQ(command(server, "reload").exit_code, 0);
  for (int time = 0; time < 100; ++time) EXPECT_EQ(get(server, "/").status, 200);
  EXPECT_EQ(server.log().find("generation 1 has ended"), std::string::npos);
  std::filesystem::remove(file);
  server.wait_for_log("generation 1 has ended");
}

TEST(SessionCookies, SayWhatTheOptionsSay) {
  const std::pair<std::string, std::string> cases[] = {
      {"persistent: true, timeout: 2h", "; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=7200"},
      {"httponly: false, samesite: strict", "; Path=/; SameSite=Strict; Secure"},
      {"samesite: none, partitioned: true", "; Path=/; HttpOnly; SameSite=None; Partitioned; Secure"}};
  for (const auto& [options, attributes] : cases) {
    const Server server(visitors(options));
    EXPECT_THAT(*get(server, "/?set=a:1").field("Set-Cookie"), ::testing::EndsWith(attributes)) << options;
  }
  const Server server(visitors("name: __Secure-shop, domain: example.org, path: /shop"));
  EXPECT_THAT(*get(server, "/?set=a:1").field("Set-Cookie"),
              MatchesRegex("__Secure-shop=" + std::string(secret) +
                           "; Path=/shop; Domain=example.org; HttpOnly; SameSite=Lax; Secure"));
}

TEST(SessionCookies, FollowTheSchemeWhereTheyAreToldTo) {
  const Server server(visitors("secure: auto"));
  Guest guest(server, {}, "sid");
  EXPECT_THAT(*guest.ask("/?set=a:1").field("Set-Cookie"),
              MatchesRegex("sid=" + std::string(secret) + "; Path=/; HttpOnly; SameSite=Lax"));
  EXPECT_EQ(guest.body("/"), "old\na=1\n");
}

TEST(SessionCookies, FollowTheSchemeOverTls) {
  const Certificates certificates;
  const auto yaml = visitors("secure: auto");
  const Server server(over_tls(certificates, yaml.substr(yaml.find("server:"))));
  TlsClient client(server.port());
  EXPECT_THAT(client.ask("GET /?set=a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              ::testing::ContainsRegex("Set-Cookie: __Host-sid=[^;]*; Path=/; HttpOnly; SameSite=Lax; Secure\r\n"));
}

TEST(SessionCookies, ThatAreSecureAreSentWithoutTlsWithAWarning) {
  const Server server(visitors(""));
  for (int guest = 0; guest < 3; ++guest) get(server, "/?set=a:1");
  server.wait_for_log("a Secure cookie went out without TLS");
  EXPECT_EQ(occurrences(server.log(), "went out without TLS"), 1u);
}

TEST(SessionCookies, OfPersistentSessionsAreSentAgainWhenTheirTimeIsProlonged) {
  const Server server(visitors("persistent: true, timeout: 8s"));
  Guest guest(server);
  guest.ask("/?set=a:1");
  const auto id = guest.id;
  EXPECT_EQ(guest.ask("/?set=a:2").count("Set-Cookie"), 1u);
  until([&] { return guest.ask("/").count("Set-Cookie") == 1; });
  EXPECT_EQ(guest.id, id);
}

TEST(SessionOptions, ThatContradictEachOtherAreRefused) {
  const auto refused = [](const std::string& options) {
    const auto yaml = visitors(options);
    return refusal(yaml.substr(yaml.find("server:")));
  };
  EXPECT_THAT(refused("secure: false"), HasSubstr("write 'name: sid', or 'secure: auto'"));
  EXPECT_THAT(refused("domain: example.org"),
              HasSubstr("browsers take no cookie with a domain whose name begins with __Host-"));
  EXPECT_THAT(refused("path: /shop"), HasSubstr("only with 'path: /'"));
  EXPECT_THAT(refused("samesite: none, secure: auto"),
              HasSubstr("browsers take SameSite=None only with 'secure: true'"));
  EXPECT_THAT(refused("partitioned: true, secure: auto"), HasSubstr("a partitioned cookie only with 'secure: true'"));
  EXPECT_THAT(refused("name: 'my sid'"), HasSubstr("'my sid' is not the name of a cookie"));
  EXPECT_THAT(refused("name: sid, path: 'a;b'"), HasSubstr("the path of a cookie begins with /"));
  EXPECT_THAT(refused("name: sid, domain: 'a b'"), HasSubstr("write a name such as example.org"));
  for (const std::string domain : {"a..b", "127.0.0.1", "example.org.", ".example.org", "example.org:80"})
    EXPECT_THAT(refused("name: sid, domain: '" + domain + "'"), HasSubstr("write a name such as example.org"))
        << domain;
  EXPECT_THAT(refused("timeout: 13h"), HasSubstr("it is shorter than 'timeout'"));
  EXPECT_THAT(refused("rotation: 1s"), HasSubstr("write 1m or more"));
  EXPECT_THAT(refused("rotation: 12h"), HasSubstr("it would never come"));
  EXPECT_THAT(refused("lock_timeout: 30s"), HasSubstr("it is not shorter than 'lock_lease'"));
  EXPECT_THAT(refused("clean_freq: 1ms"), HasSubstr("write 1s or more, or 'off'"));
  EXPECT_THAT(refused("max_size: 1MiB"),
              HasSubstr("max_size"));  // with its head a record would be larger than any storage takes
}

TEST(SessionSweeping, TakesAwayWhatNobodyAsksForAgain) {
  const Server server(visitors("timeout: 50ms, clean_freq: 1s"));
  for (int guest = 0; guest < 20; ++guest) get(server, "/?set=a:1");
  until([&] { return counters_of(server).records == 0; });
  EXPECT_EQ(counters_of(server).expired, 20u);
  server.wait_for_log("sid: 0 sessions, ");
  server.wait_for_log("20 created, ");
}

TEST(SessionHandlers, OnPathsWithoutTheToolAreToldSo) {
  const Server server(loopback("paths: { /: { handler: { visitor: {} } } }\n"));
  EXPECT_EQ(get(server, "/").status, 500);
  server.wait_for_log("this path has no session (yet): turn the tool 'sessions' on");
}

}  // namespace
}  // namespace kirsch::test
