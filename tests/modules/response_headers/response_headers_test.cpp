// response_headers: what is sent with which answer, how levels merge, and what is refused at load.
#include <gmock/gmock.h>

#include "modules/refusal.h"
#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string tools(std::string_view options) { return "tools: { response_headers: " + std::string(options) + " }\n"; }

std::vector<std::string> lines(const Response& answer, std::string_view name) {
  std::vector<std::string> found;
  for (const auto& [key, value] : answer.fields) {
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(),
                   [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); })) {
      found.push_back(value);
    }
  }
  return found;
}

// Answers with the fields that the verbs are tried on.
constexpr auto handler =
    "paths:\n"
    "  /: { handler: { respond: { headers: { X-Given: handler, X-Powered-By: handler } } } }\n";

TEST(ResponseHeaders, SetsInPlaceOfWhatAHandlerHasGiven) {
  Server server(loopback(tools(R"({ set: { x-given: "config; q=1", X-New: "", X-List: [one, two] } })") + handler));
  const auto answer = get(server, "/");
  EXPECT_THAT(lines(answer, "X-Given"), ElementsAre("config; q=1"));
  EXPECT_THAT(lines(answer, "X-New"), ElementsAre(""));
  EXPECT_THAT(lines(answer, "X-List"), ElementsAre("one", "two"));
}

TEST(ResponseHeaders, AddsBesideWhatAHandlerHasGiven) {
  Server server(loopback(tools(R"({ add: { X-Given: config, Set-Cookie: ["a=b; HttpOnly", c=d] } })") + handler));
  const auto answer = get(server, "/");
  EXPECT_THAT(lines(answer, "X-Given"), ElementsAre("handler", "config"));
  EXPECT_THAT(lines(answer, "Set-Cookie"), ElementsAre("a=b; HttpOnly", "c=d"));
}

TEST(ResponseHeaders, DefaultsWhatNobodyHasGiven) {
  Server server(loopback(tools("{ default: { X-Given: config, X-New: [one, two] } }") + handler));
  const auto answer = get(server, "/");
  EXPECT_THAT(lines(answer, "X-Given"), ElementsAre("handler"));
  EXPECT_THAT(lines(answer, "X-New"), ElementsAre("one", "two"));
}

TEST(ResponseHeaders, RemovesWhatAHandlerOrAnotherToolHasGiven) {
  Server server(
      loopback("tools: { secureheaders: {}, response_headers: { remove: { x-powered-by: true, X-Given: false,"
               " X-Frame-Options: true, X-Missing: true } } }\n" +
               std::string(handler)));
  const auto answer = get(server, "/");
  EXPECT_EQ(answer.count("X-Powered-By"), 0u);
  EXPECT_EQ(answer.count("X-Frame-Options"), 0u);
  EXPECT_THAT(lines(answer, "X-Given"), ElementsAre("handler"));
  EXPECT_EQ(answer.count("X-Content-Type-Options"), 1u);
}

TEST(ResponseHeaders, DefaultBeforeTheySetAndAddLast) {
  Server server(
      loopback(tools("{ add: { X-A: added }, set: { X-A: set }, default: { X-A: default, X-B: default } }") + handler));
  const auto answer = get(server, "/");
  EXPECT_THAT(lines(answer, "X-A"), ElementsAre("set", "added"));
  EXPECT_THAT(lines(answer, "X-B"), ElementsAre("default"));
}

TEST(ResponseHeaders, AreOnAnswersOfEveryKind) {
  Server server(loopback(
      "server: { loops: 1 }\n" + tools("{ set: { X-A: always } }") +
      "sites: [{ hosts: [a], paths: {\n"
      "  /: { handler: { respond: {} } }, /none: { handler: { respond: { status: 304 } } },\n"
      "  /folder/: { handler: { respond: {} } }, /throw: { handler: { thrower: {} } },\n"
      "  /error: { handler: { thrower: { kind: error } } },\n"
      "  /late: { handler: { respond: {} }, tools: { recorder: { fail_at: before_finalize, priority: 0 } } },\n"
      "  /get: { match: { methods: [GET] }, handler: { respond: {} } } } }]\n"));
  const std::pair<const char*, int> kinds[] = {{"/", 200},      {"/none", 304},  {"/folder", 308},
                                               {"/throw", 500}, {"/error", 418}, {"/late", 500}};
  for (const auto& [target, status] : kinds) {
    const auto answer = get(server, target, "Host: a\r\n");
    EXPECT_EQ(answer.status, status) << target;
    EXPECT_THAT(lines(answer, "X-A"), ElementsAre("always")) << target;
  }
  EXPECT_THAT(lines(request(server, "TRACE", "/", "Host: a\r\n"), "X-A"), ElementsAre("always"));
  EXPECT_THAT(lines(get(server, "/", "Host: unknown\r\n"), "X-A"), ElementsAre("always"));
  Client client(server);
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n");
  EXPECT_THAT(lines(client.read_without_body(), "X-A"), ElementsAre("always"));
  EXPECT_THAT(lines(client.read(), "X-A"), ElementsAre("always"));
  const auto rejected = client.read();
  EXPECT_EQ(rejected.status, 400);
  EXPECT_THAT(lines(rejected, "X-A"), ElementsAre("always"));
}

TEST(ResponseHeaders, OfSomeStatusesAreOnNoOtherAnswers) {
  Server server(
      loopback(tools("{ set: { X-Fine: { value: yes, status: [2xx] }, X-Lost: { value: [a, b], status: [404, 5xx] } },"
                     "  default: { Cache-Control: { value: max-age=60, status: [200] } },"
                     "  add: { X-Any: { value: x, status: [2xx, 3xx, 4xx, 5xx] } } }") +
               "paths:\n"
               "  /fine: { handler: { respond: {} } }\n"
               "  /edge: { handler: { respond: { status: 299 } } }\n"
               "  /other: { handler: { respond: { status: 300 } } }\n"
               "  /throw: { handler: { thrower: {} } }\n"));
  const auto fine = get(server, "/fine");
  EXPECT_THAT(lines(fine, "X-Fine"), ElementsAre("yes"));
  EXPECT_THAT(lines(fine, "Cache-Control"), ElementsAre("max-age=60"));
  EXPECT_EQ(fine.count("X-Lost"), 0u);
  const auto edge = get(server, "/edge");
  EXPECT_EQ(edge.count("X-Fine"), 1u);
  EXPECT_EQ(edge.count("Cache-Control"), 0u);
  EXPECT_EQ(get(server, "/other").count("X-Fine"), 0u);
  for (const auto* target : {"/throw", "/missing"}) {
    const auto answer = get(server, target);
    EXPECT_THAT(lines(answer, "X-Lost"), ElementsAre("a", "b")) << target;
    EXPECT_EQ(answer.count("X-Fine"), 0u) << target;
    EXPECT_THAT(lines(answer, "X-Any"), ElementsAre("x")) << target;
  }
}

TEST(ResponseHeaders, LeaveTheAnswerToAnUpgradeAlone) {
  Server server(loopback(tools("{ set: { X-A: b } }") + "paths: { /: { handler: { tunnel: {} } } }\n"));
  Client client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: tunnel\r\n\r\n");
  const auto answer = client.read_without_body();
  EXPECT_EQ(answer.status, 101);
  EXPECT_EQ(answer.count("X-A"), 0u);
}

TEST(ResponseHeaders, MergeNameByNameOverLevels) {
  Server server(
      loopback(tools("{ set: { X-A: top, X-B: top, X-C: { value: top, status: [200] } }, remove: { X-Given: true } }") +
               "paths:\n"
               "  /: { handler: { respond: { headers: { X-Given: handler } } } }\n"
               "  /in/: { tools: { response_headers: { set: { X-A: in, X-B: off, X-C: { status: [404] } },\n"
               "                                       remove: { X-Given: off } } } }\n"
               "  /in/deep: { tools: { response_headers: { set: { X-B: \"off\" }, add: { X-A: deep } } } }\n"
               "  /bare: { tools: { response_headers: off } }\n"));
  const auto top = get(server, "/");
  EXPECT_EQ(top.field("X-A"), "top");
  EXPECT_EQ(top.field("X-B"), "top");
  EXPECT_EQ(top.field("X-C"), "top");
  EXPECT_EQ(top.field("X-Given"), std::nullopt);
  const auto in = get(server, "/in/");
  EXPECT_EQ(in.field("X-A"), "in");
  EXPECT_EQ(in.field("X-B"), std::nullopt);
  EXPECT_EQ(in.field("X-C"), std::nullopt) << "its statuses are those of the inner level";
  EXPECT_EQ(in.field("X-Given"), "handler");
  const auto deep = get(server, "/in/deep");
  EXPECT_THAT(lines(deep, "X-A"), ElementsAre("in", "deep"));
  EXPECT_EQ(deep.field("X-B"), "off") << "in quotes it is a text";
  EXPECT_EQ(get(server, "/bare").field("X-A"), std::nullopt);
}

TEST(ResponseHeaders, RefuseWhatWouldBreakTheAnswer) {
  for (const auto* verb : {"set", "add", "default"}) {
    const auto refused = [&](std::string_view fields) {
      return refusal(tools("{ " + std::string(verb) + ": { " + std::string(fields) + " } }"));
    };
    EXPECT_THAT(refused("X Y: z"), HasSubstr("'X Y' is not the name of a header field"));
    EXPECT_THAT(refused(R"(X-Y: "a\r\nSet-Cookie: b")"), HasSubstr("the value of X-Y holds a line end"));
    EXPECT_THAT(refused(R"(X-Y: [a, "b\a"])"), HasSubstr("another control character"));
    EXPECT_THAT(refused(R"(X-Y: { value: " a", status: [200] })"), HasSubstr("outer space"));
    EXPECT_THAT(refused("content-length: \"3\""), HasSubstr("content-length belongs to the server"));
  }
  for (const auto* name : {"Connection", "Date", "Keep-Alive", "Proxy-Connection", "Trailer", "Transfer-Encoding",
                           "Upgrade", "Content-Length"}) {
    EXPECT_THAT(refusal(tools("{ set: { " + std::string(name) + ": x } }")), HasSubstr("belongs to the server"));
    EXPECT_THAT(refusal(tools("{ remove: { " + std::string(name) + ": true } }")), HasSubstr("belongs to the server"));
  }
  EXPECT_THAT(refusal(tools("{ set: { \"X Y\": off } }")), HasSubstr("'X Y' is not the name of a header field"));
}

TEST(ResponseHeaders, RefuseWhatCannotBeMeant) {
  EXPECT_THAT(refusal(tools("{ set: { Set-Cookie: a=b } }")), HasSubstr("write it under add"));
  EXPECT_THAT(refusal(tools("{ set: { X-A: [] } }")), HasSubstr("remove: { X-A: true }"));
  EXPECT_THAT(refusal(tools("{ set: { X-A: a, x-a: b } }")), HasSubstr("X-A and x-a are the same header field"));
  EXPECT_THAT(refusal(tools("{ remove: { X-A: true, x-a: off } }")), HasSubstr("are the same header field"));
  for (const auto* verb : {"set", "add", "default"}) {
    EXPECT_THAT(refusal(tools("{ " + std::string(verb) + ": { X-A: b }, remove: { x-a: true } }")),
                AllOf(HasSubstr("X-A stands under " + std::string(verb)), HasSubstr("{ X-A: off }")));
  }
}

TEST(ResponseHeaders, RefuseStatusesThatNoAnswerHas) {
  for (const auto* status : {"1xx", "101", "199", "600", "6xx", "4XX", "40", "4040", "4x4", "\"\"", "all"}) {
    EXPECT_THAT(refusal(tools("{ set: { X-A: { value: b, status: [" + std::string(status) + "] } } }")),
                HasSubstr("is neither a status from 200 to 599 nor one of 2xx, 3xx, 4xx, 5xx"))
        << status;
  }
  EXPECT_THAT(refusal(tools("{ set: { X-A: { value: b, status: [] } } }")), HasSubstr("at least 1"));
  EXPECT_THAT(refusal(tools("{ set: { X-A: { status: [200] } } }")), HasSubstr("value"));
}

}  // namespace
}  // namespace kirsch::test
