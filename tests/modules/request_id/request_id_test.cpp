// request_id: every answer has an id, it is the one in the logs, and strangers do not choose it.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "modules/refusal.h"
#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr auto fresh = "[0-9a-f]{32}";
constexpr auto paths =
    "paths:\n"
    "  /: { handler: { respond: { body: hello } } }\n"
    "  /folder/: { handler: { respond: {} } }\n"
    "  /worker: { handler: { inspect_blocking: {} } }\n"
    "  /throw: { handler: { thrower: {} } }\n"
    "  /error: { handler: { thrower: { kind: error } } }\n"
    "  /first: { handler: { respond: {} }, tools: { recorder: { fail_at: on_start_resource, priority: 0 } } }\n"
    "  /last: { handler: { respond: {} }, tools: { recorder: { fail_at: before_finalize } } }\n"
    "  /behind: { handler: { respond: {} }, tools: { recorder_blocking: { priority: 0 } } }\n"
    "  /quiet: { handler: { respond: {} }, tools: { request_id: off } }\n"
    "  /other: { handler: { respond: {} }, tools: { request_id: { header: X-Trace } } }\n";

std::string with_options(std::string_view options) {
  return loopback("server: { loops: 1 }\ntools: { request_id: " + std::string(options) + " }\n" + paths);
}

std::string id_of(const Response& answer) { return answer.field("X-Request-Id").value_or("none"); }

TEST(RequestId, IsNewForEachRequestOfAConnection) {
  Server server(with_options("{}"));
  Client client(server);
  std::string all;
  for (int request = 0; request < 50; ++request) all += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(all);
  std::set<std::string> seen;
  for (int request = 0; request < 50; ++request) {
    const auto answer = client.read();
    EXPECT_EQ(answer.count("X-Request-Id"), 1u);
    EXPECT_THAT(id_of(answer), MatchesRegex(fresh));
    seen.insert(id_of(answer));
  }
  EXPECT_EQ(seen.size(), 50u);
}

TEST(RequestId, IsInAnswersOfEveryKind) {
  Server server(with_options("{}"));
  const std::pair<const char*, int> kinds[] = {{"/folder", 308}, {"/worker", 200}, {"/throw", 500}, {"/error", 418},
                                               {"/first", 500},  {"/behind", 200}, {"/last", 500}};
  for (const auto& [target, status] : kinds) {
    const auto answer = get(server, target);
    EXPECT_EQ(answer.status, status) << target;
    EXPECT_EQ(answer.count("X-Request-Id"), 1u) << target;
    EXPECT_THAT(id_of(answer), MatchesRegex(fresh)) << target;
  }
  const auto traced = request(server, "TRACE", "/");
  EXPECT_EQ(traced.status, 405);
  EXPECT_THAT(id_of(traced), MatchesRegex(fresh));
  Client client(server);
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(id_of(client.read_without_body()), MatchesRegex(fresh));
}

TEST(RequestId, IsInAnswersOfUnknownPathsAndHosts) {
  Server server(
      loopback("tools: { request_id: {} }\n"
               "sites: [{ hosts: [known.example], paths: { /known: { handler: { respond: {} } } } }]\n"));
  for (const auto& [host, status] : {std::pair("known.example", 404), std::pair("unknown.example", 421)}) {
    const auto answer = get(server, "/unknown", "Host: " + std::string(host) + "\r\n");
    EXPECT_EQ(answer.status, status);
    EXPECT_THAT(id_of(answer), MatchesRegex(fresh));
  }
}

TEST(RequestId, IsInAnswersToMalformedMessages) {
  Server server(with_options("{ trust: [127.0.0.0/8] }"));
  const std::pair<std::string, int> messages[] = {
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n", 400},
      {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + std::string(200'000, 'x') + "\r\n\r\n", 431},
      {"POST /worker HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400}};
  for (const auto& [raw, status] : messages) {
    Client client(server);
    client.send(raw);
    const auto answer = client.read();
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.count("X-Request-Id"), 1u);
    EXPECT_THAT(id_of(answer), MatchesRegex(fresh));
  }
}

TEST(RequestId, IsTheOneOfThePageAndOfTheErrorLog) {
  Server server(with_options("{}"));
  const auto answer = get(server, "/throw");
  EXPECT_THAT(answer.body, HasSubstr("Request " + id_of(answer) + "\n"));
  server.wait_for_log("request " + id_of(answer) + " GET /throw: ");
  const auto bare = get(server, "/last");
  EXPECT_THAT(bare.body, HasSubstr("Request " + id_of(bare) + "\n"));
}

TEST(RequestId, IsTheOneOfTheAccessLog) {
  Server server(
      loopback("logs: { access: { to: access.log } }\ntools: { request_id: {}, accesslog: { format: json } }\n"
               "paths: { /: { handler: { respond: {} } } }\n"));
  const auto id = id_of(get(server, "/"));
  Client client(server);
  client.send("nonsense\r\n\r\n");
  const auto rejected = id_of(client.read());
  client.close();
  EXPECT_EQ(server.stop(), 0);
  const auto log = contents_of(server.folder() / "access.log");
  EXPECT_THAT(log, HasSubstr("\"id\":\"" + id + "\""));
  EXPECT_THAT(log, HasSubstr("\"id\":\"" + rejected + "\""));
}

TEST(RequestId, IsNotChosenByStrangers) {
  for (const auto* options : {"{}", "{ trust: [10.0.0.0/8, 2001:db8::/32] }"}) {
    Server server(with_options(options));
    EXPECT_THAT(id_of(get(server, "/", "X-Request-Id: mine\r\n")), MatchesRegex(fresh)) << options;
  }
}

TEST(RequestId, IsTakenOverFromATrustedNetwork) {
  Server server(with_options("{ trust: [10.0.0.0/8, 127.0.0.0/8] }"));
  const std::string longest(128, 'i');
  for (const std::string id :
       {"mine", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "Root=1-67891233-abc", "A.b_c~d:e@f+g/h=", longest.c_str()}) {
    const auto answer = get(server, "/throw", "x-request-id: " + id + "\r\n");
    EXPECT_EQ(id_of(answer), id);
    EXPECT_EQ(answer.count("X-Request-Id"), 1u);
    server.wait_for_log("request " + id + " GET /throw: ");
  }
}

TEST(RequestId, IsNewWhereATrustedClientSendsNoneOrAnUnfitOne) {
  Server server(with_options("{ trust: [127.0.0.1] }"));
  EXPECT_THAT(id_of(get(server, "/")), MatchesRegex(fresh));
  for (const std::string id : {"", "a b", "a,b", "a\"b", "a\\b", "a;b", "<b>", "a\tb", "{b}", "%41", "\xC3\xA4"}) {
    EXPECT_THAT(id_of(get(server, "/", "X-Request-Id: " + id + "\r\n")), MatchesRegex(fresh)) << id;
  }
  EXPECT_THAT(id_of(get(server, "/", "X-Request-Id: " + std::string(129, 'i') + "\r\n")), MatchesRegex(fresh));
  EXPECT_THAT(id_of(get(server, "/", "X-Request-Id: mine\r\nX-Request-Id: mine\r\n")), MatchesRegex(fresh));
}

TEST(RequestId, IsSentAsThePathSays) {
  Server server(with_options("{ trust: [127.0.0.1] }"));
  EXPECT_EQ(get(server, "/quiet").field("X-Request-Id"), std::nullopt);
  const auto answer = get(server, "/other", "X-Request-Id: wrong\r\nX-Trace: right\r\n");
  EXPECT_EQ(answer.field("X-Request-Id"), std::nullopt);
  EXPECT_EQ(answer.field("X-Trace"), "right");
}

TEST(RequestId, IsInNoFieldThatCannotBeSet) {
  const auto refused = [](std::string_view header) {
    return refusal("tools: { request_id: { header: " + std::string(header) + " } }\n");
  };
  EXPECT_THAT(refused("X Request Id"), HasSubstr("'X Request Id' is not the name of a header field"));
  EXPECT_THAT(refused("\"\""), HasSubstr("is not the name of a header field"));
  EXPECT_THAT(refused("Connection"), HasSubstr("Connection belongs to the server"));
}

}  // namespace
}  // namespace kirsch::test
