// respond: the answer is what the YAML says, and nothing that breaks HTTP is accepted.
#include <gmock/gmock.h>

#include "modules/refusal.h"
#include "support/client.h"
#include "support/kirsch.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

std::string with_options(std::string_view options) {
  return "paths: { /: { handler: { respond: " + std::string(options) + " } } }\n";
}

TEST(Respond, AnswersWithAnEmptyTextByDefault) {
  Server server(loopback(with_options("{}")));
  const auto answer = get(server, "/");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.field("Content-Length"), "0");
}

TEST(Respond, AnswersWithStatusFieldsAndText) {
  Server server(loopback(with_options(
      R"({ status: 418, headers: { X-Tea: "green; hot", Retry-After: "60" }, body: "short\nand stout", type: text/x-tea })")));
  const auto answer = get(server, "/any/path");
  EXPECT_EQ(answer.status, 418);
  EXPECT_EQ(answer.field("X-Tea"), "green; hot");
  EXPECT_EQ(answer.field("Retry-After"), "60");
  EXPECT_EQ(answer.field("Content-Type"), "text/x-tea");
  EXPECT_EQ(answer.body, "short\nand stout");
}

TEST(Respond, AnswersEveryMethod) {
  Server server(loopback(with_options("{ body: same }")));
  for (const auto* method : {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    EXPECT_EQ(request(server, method, "/").body, "same") << method;
  }
}

TEST(Respond, SendsNoBodyWhereHttpHasNone) {
  Server server(loopback(with_options("{ status: 204 }")));
  Client client(server);
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  const auto answer = client.read();
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.field("Content-Type"), std::nullopt);
  EXPECT_EQ(answer.field("Content-Length"), std::nullopt);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Respond, RefusesABodyWhereHttpHasNone) {
  EXPECT_THAT(refusal(with_options("{ status: 304, body: x }")), HasSubstr("status 304 has no body"));
}

TEST(Respond, RefusesFieldsThatWouldBreakTheAnswer) {
  EXPECT_THAT(refusal(with_options(R"({ headers: { "X Y": z } })")), HasSubstr("not the name of a header field"));
  EXPECT_THAT(refusal(with_options(R"({ headers: { X-Y: "a\r\nSet-Cookie: b" } })")), HasSubstr("line end"));
  EXPECT_THAT(refusal(with_options(R"({ headers: { X-Y: " a" } })")), HasSubstr("outer space"));
  EXPECT_THAT(refusal(with_options(R"({ type: "text/plain\n" })")), HasSubstr("not a media type"));
  for (const std::string type : {"html", "a b", "/html", "text/", "text/ html"})
    EXPECT_THAT(refusal(with_options("{ type: '" + type + "' }")), HasSubstr("not a media type")) << type;
  EXPECT_THAT(refusal(with_options("{ headers: { X-A: b, x-a: c } }")), HasSubstr("are one field"));
  EXPECT_THAT(refusal(with_options(R"({ headers: { content-length: "3" } })")), HasSubstr("belongs to the server"));
  EXPECT_THAT(refusal(with_options(R"({ headers: { Content-Type: a/b } })")), HasSubstr("option type"));
}

TEST(Respond, RefusesEveryFieldThatTheServerKeepsForItself) {
  for (const auto* name :
       {"Connection", "Date", "Keep-Alive", "Proxy-Connection", "Trailer", "Transfer-Encoding", "Upgrade"}) {
    EXPECT_THAT(refusal(with_options("{ headers: { " + std::string(name) + ": x } }")),
                HasSubstr("belongs to the server"));
  }
}

TEST(Respond, ACheckFindsAnImpossibleStatus) {
  TemporaryFolder folder;
  const auto file = folder.write("kirsch.yaml", completed(loopback(with_options("{ status: 101 }"))));
  const auto result = run_kirsch({"check", "-c", file.string()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out + result.err, HasSubstr("status"));
}

}  // namespace
}  // namespace kirsch::test
