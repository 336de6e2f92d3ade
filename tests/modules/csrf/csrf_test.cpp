// csrf: what other sites make a browser send comes to nothing.
#include <gmock/gmock.h>

#include "modules/refusal.h"
#include "support/guests.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

std::string guarded(const std::string& options) {
  return visitors("", "{ memory: {} }",
                  "  /form: { handler: { visitor: {} }, tools: { use: [guests], csrf: " + options + " } }\n");
}

class Csrf : public ::testing::Test {
 protected:
  explicit Csrf(const std::string& options = "{}") : server_(guarded(options)), guest_(server_) {
    const auto shown = guest_.body("/?token=csrf");
    token_ = shown.substr(shown.find("csrf=") + 5, 43);
  }
  int posted(const std::string& fields, const std::string& body = {}, const std::string& method = "POST") {
    const std::string form = body.empty() ? "" : "Content-Type: application/x-www-form-urlencoded\r\n";
    return request(server_, method, "/form?set=a:1", cookie_field(guest_.id) + "Host: example.org\r\n" + form + fields,
                   body)
        .status;
  }
  std::string header() const { return "X-CSRF-Token: " + token_ + "\r\n"; }

  const Server server_;
  Guest guest_;
  std::string token_;
};

TEST_F(Csrf, WantsTheTokenOfTheSession) {
  EXPECT_EQ(token_.size(), 43u);
  EXPECT_EQ(posted({}), 403);
  EXPECT_EQ(posted(header()), 200);
  EXPECT_EQ(posted({}, "x=1&csrf=" + token_), 200);
  EXPECT_EQ(posted({}, "csrf=" + std::string(43, 'A')), 403);
  EXPECT_EQ(posted("X-CSRF-Token: " + token_.substr(1) + "\r\n"), 403);
  EXPECT_EQ(posted("X-CSRF-Token: \r\n"), 403);
  for (const auto* method : {"PUT", "DELETE", "PATCH"}) {
    EXPECT_EQ(posted({}, {}, method), 403) << method;
    EXPECT_EQ(posted(header(), {}, method), 200) << method;
  }
}

TEST_F(Csrf, WantsNothingOfWhatChangesNothing) {
  EXPECT_EQ(posted({}, {}, "GET"), 200);
  EXPECT_EQ(posted("Sec-Fetch-Site: cross-site\r\n", {}, "GET"), 200);
  EXPECT_EQ(posted({}, {}, "OPTIONS"), 200);
}

TEST_F(Csrf, RefusesWhatAnotherSiteHasMadeWhateverItHas) {
  for (const auto* from :
       {"Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Sec-Fetch-Site: \r\n",
        "Origin: https://evil.example\r\n", "Origin: null\r\n", "Origin: https://example.org.evil.example\r\n",
        "Origin: https://example.org:8443\r\n", "Sec-Fetch-Site: cross-site\r\nOrigin: https://example.org\r\n"})
    EXPECT_EQ(posted(header() + from), 403) << from;
  for (const auto* from : {"Sec-Fetch-Site: same-origin\r\n", "Sec-Fetch-Site: none\r\n",
                           "Origin: https://example.org\r\n", "Origin: http://EXAMPLE.org\r\n"})
    EXPECT_EQ(posted(header() + from), 200) << from;
}

TEST_F(Csrf, TakesNoTokenOfAnotherSessionOrOfAnOldId) {
  Guest other(server_);
  other.ask("/?token=csrf");
  EXPECT_EQ(request(server_, "POST", "/form", cookie_field(other.id) + header()).status, 403);
  EXPECT_EQ(request(server_, "POST", "/form", header()).status, 403);
  guest_.ask("/?login=ada");
  EXPECT_EQ(posted(header()), 403);
}

TEST_F(Csrf, TakesNoOrdinaryValueForAToken) {
  Guest other(server_);
  other.ask("/?set=csrf:known");
  EXPECT_EQ(request(server_, "POST", "/form", cookie_field(other.id) + "X-CSRF-Token: known\r\n").status, 403);
}

class CsrfOfOthers : public Csrf {
 protected:
  CsrfOfOthers() : Csrf("{ origins: [https://app.example.org], header: X-Token, field: t }") {}
};

TEST_F(CsrfOfOthers, LetsKnownOriginsPass) {
  const auto token = "X-Token: " + token_ + "\r\n";
  EXPECT_EQ(posted(token + "Origin: https://app.example.org\r\nSec-Fetch-Site: same-site\r\n"), 200);
  EXPECT_EQ(posted(token + "Origin: http://app.example.org\r\nSec-Fetch-Site: same-site\r\n"), 403);
  EXPECT_EQ(posted({}, "t=" + token_), 200);
  EXPECT_EQ(posted(header()), 403);
}

TEST(CsrfOptions, ThatMeanNothingAreRefused) {
  const auto refused = [](const std::string& options) {
    const auto yaml = guarded(options);
    return refusal(yaml.substr(yaml.find("server:")));
  };
  EXPECT_THAT(refused("{ origins: [example.org] }"),
              HasSubstr("'example.org' is no origin as browsers say it: write https://app.example.org"));
  // A browser says these otherwise, so they would let nobody in.
  for (const std::string origin : {"https://App.example.org", "HTTPS://app.example.org", "https://app.example.org:443",
                                   "http://app.example.org:80", "https://app.example.org/", "https://me@example.org"})
    EXPECT_THAT(refused("{ origins: ['" + origin + "'] }"), HasSubstr("is no origin as browsers say it")) << origin;
  EXPECT_THAT(refused("{ header: 'X Token' }"), HasSubstr("this is no name of a header field"));
  EXPECT_THAT(refused("{ field: '' }"), HasSubstr("a form needs a name to bring the token by"));
}

TEST(CsrfWithoutToken, LooksAtWhereARequestComesFromAlone) {
  const Server server(loopback("paths: { /: { handler: { respond: {} }, tools: { csrf: { token: '' } } } }\n"));
  EXPECT_EQ(request(server, "POST", "/", "Sec-Fetch-Site: cross-site\r\n").status, 403);
  EXPECT_NE(request(server, "POST", "/", "Sec-Fetch-Site: same-origin\r\n").status, 403);
}

}  // namespace
}  // namespace kirsch::test
