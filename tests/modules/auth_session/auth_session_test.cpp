// auth_session: nobody passes who has not logged in, and nobody is led astray on the way.
#include <gmock/gmock.h>
#include <kirsch/session.h>

#include "modules/refusal.h"
#include "support/guests.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

constexpr auto page = "Accept: text/html,*/*\r\n";
const std::string program = "Accept: application/json\r\n";

std::string members(const std::string& options) {
  return visitors(
      "", "{ memory: {} }",
      "  /members/: { handler: { visitor: {} }, tools: { use: [guests], auth_session: " + options + " } }\n");
}

TEST(AuthSession, LetsThosePassWhoHaveLoggedIn) {
  const Server server(members("{ login: /login }"));
  Guest guest(server);
  EXPECT_EQ(guest.ask("/members/", "GET", program).status, 401);
  guest.ask("/?set=kirsch.user2:ada");
  EXPECT_EQ(guest.ask("/members/", "GET", program).status, 401);
  guest.ask("/?login=ada");
  EXPECT_EQ(guest.ask("/members/").body, "old\nkirsch.user2=ada\nkirsch.user=ada\n");
  const auto id = guest.id;
  guest.ask("/?expire");
  EXPECT_EQ(guest.ask("/members/", "GET", program).status, 401);
  EXPECT_EQ(Guest(server, id).ask("/members/", "GET", program).status, 401);
}

TEST(AuthSession, SendsBrowsersToTheLoginPage) {
  const Server server(members("{ login: /login }"));
  const auto answer = get(server, "/members/a%20b?x=1&y=//evil", page);
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(answer.field("Location"), "/login?next=/members/a%2520b%3Fx%3D1%26y%3D//evil");
  EXPECT_EQ(answer.field("Cache-Control"), "no-store");
  EXPECT_EQ(answer.count("Set-Cookie"), 0u);
}

TEST(AuthSession, TellsProgramsAndFormsToLogIn) {
  const Server server(members("{ login: /login }"));
  EXPECT_EQ(get(server, "/members/", program).status, 401);
  EXPECT_EQ(get(server, "/members/", "Accept: */*\r\n").status, 401);
  EXPECT_EQ(get(server, "/members/").status, 401);
  EXPECT_EQ(get(server, "/members/", page + std::string("Sec-Fetch-Mode: cors\r\n")).status, 401);
  EXPECT_EQ(get(server, "/members/", "Sec-Fetch-Mode: navigate\r\n").status, 303);
  EXPECT_EQ(request(server, "POST", "/members/", page).status, 401);
  const Server strict(members("{ login: '' }"));
  EXPECT_EQ(get(strict, "/members/", page).status, 401);
}

TEST(AuthSession, LetsEverybodySeeTheLoginPage) {
  const Server server(members("{ login: /members/login, parameter: back }"));
  EXPECT_EQ(get(server, "/members/login", page).status, 200);
  EXPECT_EQ(get(server, "/members/x", page).field("Location"), "/members/login?back=/members/x");
}

TEST(AuthSession, LeadsToNoOtherSite) {
  const Server server(visitors(
      "", "{ memory: {} }",
      "  /members/: { handler: { visitor: {} }, tools: { use: [guests], auth_session: { login: /login } } }\n"));
  Client client(server);
  client.send("GET http://a/members/ HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n");
  EXPECT_EQ(client.read().field("Location"), "/login?next=/");
  client.send("GET //members/ HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n");
  EXPECT_NE(client.read().field("Location"), "/login?next=//members/");
}

TEST(AuthSession, HelpsTheLoginPageToLeadToNoOtherSite) {
  for (const auto* fine : {"/", "/a", "/a/b?c=d#e", "/a//b", "/%2F", "/:8"}) EXPECT_EQ(local_target(fine), fine);
  for (const auto* foreign : {"", "a", "//evil.example", "/\\evil.example", "\\\\evil", "https://evil.example",
                              "/\t/evil", "/a\nb", " /a", "/ a", "javascript:alert(1)", "/a\\b"})
    EXPECT_EQ(local_target(foreign), "/") << foreign;
}

TEST(AuthSession, RefusesALoginPageElsewhere) {
  const auto refused = [](const std::string& options) {
    const auto yaml = members(options);
    return refusal(yaml.substr(yaml.find("server:")));
  };
  for (const auto* login : {"https://evil.example/", "//evil.example", "login", "'/a?b'", "'/a b'", "/log%69n",
                            "/a/../login", "/login//", "/./login", R"("/log\u0001in")", "/b\xC3\xBCro"})
    EXPECT_THAT(refused("{ login: " + std::string(login) + " }"), HasSubstr("write a path of this site")) << login;
  EXPECT_THAT(refused("{ login: /login, parameter: 'a&b' }"), HasSubstr("write a plain name such as next"));
}

}  // namespace
}  // namespace kirsch::test
