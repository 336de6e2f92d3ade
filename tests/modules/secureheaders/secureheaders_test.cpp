// secureheaders: what is sent, what is left alone, and what is refused at load.
#include <gmock/gmock.h>

#include "modules/refusal.h"
#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view csp = "Content-Security-Policy";
constexpr std::string_view default_csp =
    "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

std::string with_options(std::string_view options) {
  return loopback("tools: { secureheaders: " + std::string(options) +
                  " }\n"
                  "paths: { /: { handler: { respond: { body: hello } } } }\n");
}

std::string refused_policy(std::string_view value) {
  return refusal("tools: { secureheaders: { csp: " + std::string(value) + " } }\n");
}

TEST(Secureheaders, SendsTheDefaults) {
  Server server(with_options("{}"));
  const auto answer = get(server, "/");
  EXPECT_EQ(answer.field(csp), default_csp);
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.field("X-Frame-Options"), "DENY");
  EXPECT_EQ(answer.field("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(answer.field("Cross-Origin-Opener-Policy"), "same-origin");
  EXPECT_EQ(answer.field("Cross-Origin-Resource-Policy"), "same-origin");
  EXPECT_EQ(answer.field("X-Permitted-Cross-Domain-Policies"), "none");
  const auto permissions = answer.field("Permissions-Policy").value_or("");
  EXPECT_THAT(permissions, HasSubstr("accelerometer=(), "));
  EXPECT_THAT(permissions, HasSubstr("sync-xhr=(self)"));
  EXPECT_THAT(permissions, HasSubstr("xr-spatial-tracking=()"));
}

TEST(Secureheaders, SendsEachHeaderOnce) {
  Server server(with_options("{}"));
  const auto answer = get(server, "/");
  for (const auto* name : {"Content-Security-Policy", "X-Frame-Options", "Permissions-Policy", "Referrer-Policy"}) {
    EXPECT_EQ(answer.count(name), 1u) << name;
  }
}

TEST(Secureheaders, SaysNothingOfTlsOverPlainHttp) {
  Server server(with_options("{ hsts: { max_age: 365d, subdomains: true, preload: true } }"));
  const auto answer = get(server, "/");
  EXPECT_EQ(answer.field("Strict-Transport-Security"), std::nullopt);
  EXPECT_THAT(answer.field(csp).value_or(""), Not(HasSubstr("upgrade-insecure-requests")));
}

TEST(Secureheaders, NeverSendsWhatBrowsersHaveDropped) {
  Server server(with_options("{ profile: strict }"));
  const auto answer = get(server, "/");
  for (const auto* name : {"X-XSS-Protection", "Expect-CT", "Public-Key-Pins", "Feature-Policy", "Pragma"}) {
    EXPECT_EQ(answer.field(name), std::nullopt) << name;
  }
}

TEST(Secureheaders, CoversErrorPages) {
  Server server(
      loopback("tools: { secureheaders: {} }\n"
               "paths: { /files/: { handler: { static: { root: . } } } }\n"));
  const auto no_path = get(server, "/unknown");
  EXPECT_EQ(no_path.status, 404);
  EXPECT_EQ(no_path.field(csp), default_csp);
  const auto no_file = get(server, "/files/unknown");
  EXPECT_EQ(no_file.status, 404);
  EXPECT_EQ(no_file.field(csp), default_csp);
  const auto wrong_method = request(server, "DELETE", "/files/");
  EXPECT_EQ(wrong_method.status, 405);
  EXPECT_EQ(wrong_method.field(csp), default_csp);
}

TEST(Secureheaders, CoversAnswersToWhatIsNotHttp) {
  Server server(with_options("{}"));
  Client client(server);
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n"));
  const auto answer = client.read();
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.field(csp), default_csp);
  EXPECT_EQ(answer.field("X-Frame-Options"), "DENY");
}

TEST(Secureheaders, LeavesWhatAHandlerHasSet) {
  const std::string handler =
      "paths: { /: { handler: { respond: { headers: { X-Frame-Options: SAMEORIGIN, Referrer-Policy: origin } } } } }\n";
  Server server(loopback("tools: { secureheaders: {} }\n" + handler));
  const auto answer = get(server, "/");
  EXPECT_EQ(answer.field("X-Frame-Options"), "SAMEORIGIN");
  EXPECT_EQ(answer.field("Referrer-Policy"), "origin");
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");

  Server forcing(loopback("tools: { secureheaders: { force: true } }\n" + handler));
  const auto forced = get(forcing, "/");
  EXPECT_EQ(forced.field("X-Frame-Options"), "DENY");
  EXPECT_EQ(forced.count("X-Frame-Options"), 1u);
  EXPECT_EQ(forced.field("Referrer-Policy"), "no-referrer");
}

TEST(Secureheaders, SwitchesEachHeaderOff) {
  Server server(
      with_options("{ csp: off, hsts: off, x_content_type_options: off, frame_options: off, referrer_policy: off,"
                   "  cross_origin_opener_policy: off, cross_origin_resource_policy: off, permissions_policy: off,"
                   "  x_permitted_cross_domain_policies: off, cross_origin_embedder_policy: off, profile: standard }"));
  const auto answer = get(server, "/");
  for (const auto* name : {"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy",
                           "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Cross-Origin-Embedder-Policy",
                           "Permissions-Policy", "X-Permitted-Cross-Domain-Policies"}) {
    EXPECT_EQ(answer.field(name), std::nullopt) << name;
  }
  EXPECT_EQ(answer.body, "hello");
}

TEST(Secureheaders, StrictAddsEmbedderPolicyAndStopsPrefetching) {
  Server standard(with_options("{}"));
  EXPECT_EQ(get(standard, "/").field("Cross-Origin-Embedder-Policy"), std::nullopt);
  Server strict(with_options("{ profile: strict }"));
  EXPECT_EQ(get(strict, "/").field("Cross-Origin-Embedder-Policy"), "require-corp");
  EXPECT_EQ(get(strict, "/").field("X-DNS-Prefetch-Control"), "off");
  Server lenient(with_options("{ profile: strict, cross_origin_embedder_policy: off }"));
  EXPECT_EQ(get(lenient, "/").field("Cross-Origin-Embedder-Policy"), std::nullopt);
  Server chosen(with_options("{ cross_origin_embedder_policy: credentialless }"));
  EXPECT_EQ(get(chosen, "/").field("Cross-Origin-Embedder-Policy"), "credentialless");
}

TEST(Secureheaders, LaysAMapOfDirectivesOverTheDefaultPolicy) {
  Server server(with_options(
      R"({ csp: { img-src: ["'self'", "data:"], script-src: "'self' https://cdn.example.org", form-action: off } })"));
  EXPECT_EQ(get(server, "/").field(csp),
            "default-src 'self'; script-src 'self' https://cdn.example.org; img-src 'self' data:; object-src 'none'; "
            "base-uri 'self'; frame-ancestors 'none'");
}

TEST(Secureheaders, TakesATextOrAListAsTheWholePolicy) {
  Server text(with_options(R"({ csp: " DEFAULT-SRC  'none';img-src 'self'; " })"));
  EXPECT_EQ(get(text, "/").field(csp), "default-src 'none'; img-src 'self'");
  Server list(with_options(
      R"({ csp: ["default-src 'none'", "script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='", "sandbox allow-forms"] })"));
  EXPECT_EQ(
      get(list, "/").field(csp),
      "default-src 'none'; script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; sandbox allow-forms");
}

TEST(Secureheaders, CanOnlyReport) {
  Server server(with_options("{ csp_report_only: true }"));
  const auto answer = get(server, "/");
  EXPECT_EQ(answer.field(csp), std::nullopt);
  EXPECT_EQ(answer.field("Content-Security-Policy-Report-Only"), default_csp);
}

TEST(Secureheaders, LaysPermissionsOverTheDenials) {
  Server server(with_options(
      R"({ permissions_policy: { geolocation: self, camera: [self, "https://meet.example.org", "https://*.example.org"], fullscreen: all,)"
      R"( usb: off, some-new-feature: none } })"));
  const auto value = get(server, "/").field("Permissions-Policy").value_or("");
  EXPECT_THAT(value, HasSubstr("geolocation=(self)"));
  EXPECT_THAT(value, HasSubstr("camera=(self \"https://meet.example.org\" \"https://*.example.org\")"));
  EXPECT_THAT(value, HasSubstr("fullscreen=*"));
  EXPECT_THAT(value, HasSubstr("microphone=()"));
  EXPECT_THAT(value, HasSubstr("some-new-feature=()"));
  EXPECT_THAT(value, Not(HasSubstr("usb")));
}

TEST(Secureheaders, ChangesOptionsForOnePath) {
  Server server(
      loopback("tools: { secureheaders: {} }\n"
               "paths:\n"
               "  /: { handler: { respond: {} } }\n"
               "  /framed: { handler: { respond: {} }, tools: { secureheaders: { frame_options: SAMEORIGIN } } }\n"
               "  /bare: { handler: { respond: {} }, tools: { secureheaders: off } }\n"));
  EXPECT_EQ(get(server, "/").field("X-Frame-Options"), "DENY");
  EXPECT_EQ(get(server, "/framed").field("X-Frame-Options"), "SAMEORIGIN");
  EXPECT_EQ(get(server, "/framed").field(csp), default_csp);
  EXPECT_EQ(get(server, "/bare").field(csp), std::nullopt);
}

TEST(Secureheaders, RefusesTheEqualsSignInADirectiveAndShowsTheRightSpelling) {
  EXPECT_THAT(refused_policy(R"("default-src='self'")"), HasSubstr("write \"default-src 'self'\""));
  EXPECT_THAT(refused_policy(R"(["default-src: 'self' data:"])"), HasSubstr("write \"default-src 'self' data:\""));
}

TEST(Secureheaders, RefusesAnUnknownDirectiveAndNamesTheNearest) {
  EXPECT_THAT(refused_policy(R"("defualt-src 'self'")"), HasSubstr("did you mean 'default-src'?"));
  EXPECT_THAT(refused_policy(R"("block-everything")"), HasSubstr("unknown directive 'block-everything'"));
}

TEST(Secureheaders, RefusesKeywordsWithoutQuotes) {
  EXPECT_THAT(refused_policy("default-src self"), HasSubstr("write \"'self'\""));
  EXPECT_THAT(refused_policy("{ object-src: 'none' }"), HasSubstr("write \"'none'\""));
  EXPECT_THAT(refused_policy(R"({ script-src: ["https:", unsafe-inline] })"), HasSubstr("write \"'unsafe-inline'\""));
}

TEST(Secureheaders, RefusesSourcesThatBrowsersWouldSkip) {
  EXPECT_THAT(refused_policy(R"("default-src 'selv'")"), HasSubstr("did you mean 'self'?"));
  EXPECT_THAT(refused_policy(R"("default-src 'self")"), HasSubstr("do not match"));
  EXPECT_THAT(refused_policy(R"("default-src 'none' https:")"), HasSubstr("'none' stands alone"));
  EXPECT_THAT(refused_policy(R"("default-src")"), HasSubstr("names nothing"));
  EXPECT_THAT(refused_policy(R"("script-src 'nonce-abc'")"), HasSubstr("must be new for every answer"));
  EXPECT_THAT(refused_policy(R"("img-src 'self'; img-src data:")"), HasSubstr("stands twice"));
  EXPECT_THAT(refused_policy(R"("sandbox allow-script")"), HasSubstr("did you mean 'allow-scripts'?"));
  EXPECT_THAT(refused_policy(R"(" ; ")"), HasSubstr("csp: off"));
  for (const std::string source : {"https:/cdn.example.org", "https://ex*mple.org", "cdn.example.org:8o80", "[::1]",
                                   "*.", "a..b", "https://", "1a:", "data:image"})
    EXPECT_THAT(refused_policy("\"img-src " + source + "\""), HasSubstr("nor a host")) << source;
  EXPECT_THAT(refused_policy(R"("img-src data")"), HasSubstr("write \"data:\""));
  for (const std::string hash : {"'sha256-'", "'sha256-!!'", "'sha256-abc='"})
    EXPECT_THAT(refused_policy("\"script-src " + hash + "\""), HasSubstr("not the whole hash")) << hash;
  EXPECT_THAT(refused_policy(R"("frame-ancestors 'unsafe-inline'")"), HasSubstr("frame-ancestors knows no"));
  EXPECT_THAT(refused_policy(R"("report-uri 'self'")"), HasSubstr("not where reports can go"));
  EXPECT_THAT(refused_policy(R"("report-to a b")"), HasSubstr("one endpoint"));
  EXPECT_THAT(refused_policy(R"("trusted-types 'allow-duplicate'")"), HasSubstr("'allow-duplicates'"));
}

TEST(Secureheaders, TakesEverySourceThatBrowsersKnow) {
  const std::string sources =
      "default-src 'self' data: https: http://* *:8080 *.example.org:* localhost:* https://a.example/path "
      "ws://b.example:81; "
      "script-src 'strict-dynamic' 'report-sha256' "
      "'sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb'; "
      "frame-ancestors 'none'; trusted-types default 'allow-duplicates'; report-to main; report-uri /csp "
      "https://c.example/r; "
      "sandbox allow-top-navigation-to-custom-protocols";
  Server server(with_options("{ csp: \"" + sources + "\" }"));
  EXPECT_EQ(get(server, "/").field(csp), sources);
}

TEST(Secureheaders, RefusesLineEndsInPolicies) {
  EXPECT_THAT(refused_policy(R"("default-src 'self'\r\nSet-Cookie: a=b")"), HasSubstr("cannot stand in a policy"));
  EXPECT_THAT(refused_policy(R"({ img-src: ["a\nb"] })"), HasSubstr("cannot stand in a policy"));
  EXPECT_THAT(refused_policy(R"({ img-src: ["a;b"] })"), HasSubstr("cannot stand in a policy"));
}

TEST(Secureheaders, RefusesPreloadWithoutItsConditions) {
  const auto refused = [](std::string_view hsts) {
    return refusal("tools: { secureheaders: { hsts: " + std::string(hsts) + " } }\n");
  };
  EXPECT_THAT(refused("{ preload: true }"), HasSubstr("preload needs subdomains"));
  EXPECT_THAT(refused("{ preload: true, subdomains: true, max_age: 364d }"), HasSubstr("at least 365d"));
}

TEST(Secureheaders, RefusesMistakesInPermissions) {
  const auto refused = [](std::string_view map) {
    return refusal("tools: { secureheaders: { permissions_policy: " + std::string(map) + " } }\n");
  };
  EXPECT_THAT(refused("{ geolocaton: self }"), HasSubstr("did you mean 'geolocation'?"));
  EXPECT_THAT(refused("{ Camera: self }"), HasSubstr("lower-case"));
  EXPECT_THAT(refused("{ 2fa: self }"), HasSubstr("a lower-case letter, then"));
  for (const std::string none : {"https://:::", "https://a.*.example", "https://a/b", "HTTPS://a"})
    EXPECT_THAT(refused("{ camera: \"" + none + "\" }"), HasSubstr("an origin such as")) << none;
  EXPECT_THAT(refused(R"({ camera: "'self'" })"), HasSubstr("write self"));
  EXPECT_THAT(refused("{ camera: [self, example.org] }"), HasSubstr("an origin such as https://example.org"));
}

}  // namespace
}  // namespace kirsch::test
