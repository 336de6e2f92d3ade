// redirect: the target is the operator's, whatever the client sends.
#include <gmock/gmock.h>

#include "modules/refusal.h"
#include "support/client.h"
#include "support/kirsch.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

std::string with_options(std::string_view options) {
  return "paths: { /: { handler: { redirect: " + std::string(options) + " } } }\n";
}

TEST(Redirect, SendsClientsToTheTargetWith308) {
  Server server(loopback(with_options("{ to: /new }")));
  const auto answer = get(server, "/old?x=1");
  EXPECT_EQ(answer.status, 308);
  EXPECT_EQ(answer.field("Location"), "/new");
  EXPECT_EQ(request(server, "POST", "/old", {}, "ab").status, 308);
}

TEST(Redirect, TakesEachStatusOfARedirect) {
  for (const auto* status : {"301", "302", "303", "307", "308"}) {
    Server server(loopback(with_options("{ to: /new, status: " + std::string(status) + " }")));
    EXPECT_EQ(get(server, "/").status, std::stoi(status));
  }
}

TEST(Redirect, IgnoresWhatTheClientSaysOfTheHost) {
  Server server(loopback(with_options("{ to: /new, keep_path: true }")));
  const auto answer =
      get(server, "/a", "Host: evil.example\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n");
  EXPECT_EQ(answer.field("Location"), "/new/a");
  Client client(server);
  ASSERT_TRUE(client.send("GET http://evil.example/a HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(client.read().field("Location"), "/new/a");
}

TEST(Redirect, AppendsPathAndQueryEncoded) {
  Server server(loopback(with_options("{ to: \"https://example.org/base/\", keep_path: true }")));
  const auto location = [&](std::string_view target) { return get(server, target).field("Location"); };
  EXPECT_EQ(location("/"), "https://example.org/base/");
  EXPECT_EQ(location("/a/b?x=1&y=%20"), "https://example.org/base/a/b?x=1&y=%20");
  EXPECT_EQ(location("/a%20b/%C3%BC%3F"), "https://example.org/base/a%20b/%C3%BC%3F");
  EXPECT_EQ(location("/a%2Fb"), "https://example.org/base/a%2Fb");
  EXPECT_EQ(location("/a/../b"), "https://example.org/base/b");
}

TEST(Redirect, NeverBecomesAnotherHost) {
  Server local(loopback(with_options("{ to: /new/, keep_path: true }")));
  for (const auto* target : {"//evil.example/x", "/%2Fevil.example/x", "/%5Cevil.example", "/.//evil.example"}) {
    Client client(local);
    ASSERT_TRUE(client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    const auto answer = client.read();
    if (answer.status == 400) continue;
    const auto location = answer.field("Location").value_or("");
    EXPECT_THAT(location, ::testing::StartsWith("/new/")) << target;
    EXPECT_THAT(location, ::testing::Not(::testing::StartsWith("/new//"))) << target;
  }
  Server remote(loopback(with_options("{ to: \"https://example.org\", keep_path: true }")));
  EXPECT_EQ(get(remote, "/@evil.example").field("Location"), "https://example.org/@evil.example");
}

TEST(Redirect, RefusesTargetsThatAreNone) {
  EXPECT_THAT(refusal(with_options("{ to: new }")), HasSubstr("write a whole address"));
  EXPECT_THAT(refusal(with_options("{ to: //evil.example/ }")), HasSubstr("one slash"));
  EXPECT_THAT(refusal(with_options("{ to: \"javascript:alert(1)\" }")), HasSubstr("write a whole address"));
  EXPECT_THAT(refusal(with_options("{ to: \"https:///path\" }")), HasSubstr("names no host"));
  EXPECT_THAT(refusal(with_options("{ to: \"https://a@evil.example/\" }")), HasSubstr("user name"));
  for (const std::string host : {"example.org:8o80", ":443", "[::1", "a..b"})
    EXPECT_THAT(refusal(with_options("{ to: \"https://" + host + "/x\" }")), HasSubstr("is no host")) << host;
  EXPECT_THAT(refusal(with_options("{ to: /, keep_path: true }")), HasSubstr("to itself"));
  EXPECT_THAT(refusal(with_options(R"({ to: "/a\r\nSet-Cookie: b=c" })")), HasSubstr("percent-encoded"));
  EXPECT_THAT(refusal(with_options(R"({ to: "/\\evil.example" })")), HasSubstr("percent-encoded"));
  EXPECT_THAT(refusal(with_options("{ to: \"/a?b\", keep_path: true }")), HasSubstr("of its own"));
}

TEST(Redirect, ACheckFindsAStatusThatIsNoRedirect) {
  TemporaryFolder folder;
  const auto file = folder.write("kirsch.yaml", completed(loopback(with_options("{ to: /a, status: 200 }"))));
  EXPECT_EQ(run_kirsch({"check", "-c", file.string()}).exit_code, 3);
}

}  // namespace
}  // namespace kirsch::test
