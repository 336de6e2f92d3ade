// error_pages: which page an error gets, in which form, and that nothing else of the answer changes.
#include <gmock/gmock.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

ServerOptions with_files(std::map<std::string, std::string> files) {
  ServerOptions options;
  options.files = std::move(files);
  return options;
}

ServerOptions usual_files() {
  return with_files({{"404.html", "<p>lost: {path}</p>"},
                     {"oops.html", "<h1>{status} {reason}</h1><p>{request_id}</p>"},
                     {"oops.json", R"({"status":{status},"id":"{request_id}"})"},
                     {"oops.txt", "{status} {reason}: {request_id}\n"},
                     {"4xx.json", R"({"own":"4xx"})"},
                     {"fixed.txt", "fixed\n"}});
}

constexpr auto yaml =
    "server: { loops: 1 }\n"
    "tools: { error_pages: { pages: {\n"
    "  404: 404.html, 5xx: { html: oops.html, json: oops.json, text: oops.txt }, 4xx: { json: 4xx.json } } } }\n"
    "paths:\n"
    "  /: { handler: { static: { root: . } } }\n"
    "  /own: { handler: { respond: { status: 404, body: mine } } }\n"
    "  /empty: { handler: { respond: { status: 500 } } }\n"
    "  /throw: { handler: { thrower: {} } }\n"
    "  /worker: { handler: { blocking_thrower: {} } }\n"
    "  /error: { handler: { thrower: { kind: error } } }\n"
    "  /late: { handler: { respond: {} }, tools: { recorder: { fail_at: before_finalize } } }\n";

Response wanting(const Server& server, std::string_view target, std::string_view accept) {
  return get(server, target, "Accept: " + std::string(accept) + "\r\n");
}

class ErrorPages : public ::testing::Test {
 protected:
  const Server server_{loopback(yaml), usual_files()};
};

TEST_F(ErrorPages, TakeThePlaceOfTheServersOwn) {
  const auto answer = wanting(server_, "/missing%20page", "text/html");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.reason, "Not Found");
  EXPECT_EQ(answer.body, "<p>lost: /missing page</p>");
  EXPECT_EQ(answer.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(answer.count("Content-Type"), 1u);
  EXPECT_EQ(answer.field("Vary"), "Accept");
  EXPECT_EQ(answer.count("Vary"), 1u);
  EXPECT_EQ(answer.field("Cache-Control"), "no-store");
  EXPECT_EQ(answer.field("Content-Length"), std::to_string(answer.body.size()));
}

TEST_F(ErrorPages, AreThoseOfTheClassWhereTheStatusHasNone) {
  EXPECT_EQ(wanting(server_, "/error", "application/json").body, R"({"own":"4xx"})");
  EXPECT_EQ(wanting(server_, "/missing", "application/json").body, R"({"own":"4xx"})") << "404 has no JSON of its own";
  EXPECT_EQ(wanting(server_, "/missing", "text/html").body, "<p>lost: /missing</p>") << "404 wins over 4xx";
}

TEST_F(ErrorPages, HaveTheFormThatTheClientWants) {
  const std::pair<const char*, const char*> forms[] = {
      {"text/html", "text/html; charset=utf-8"},
      {"application/json", "application/json"},
      {"text/plain", "text/plain; charset=utf-8"},
      {"*/*", "text/html; charset=utf-8"},
      {"image/png", "text/html; charset=utf-8"},
      {"text/html;q=0.5, application/json;q=0.6", "application/json"},
      {"text/html;q=0, */*;q=0.1", "application/json"},
      {"text/*;q=0.4, text/plain;q=0.5", "text/plain; charset=utf-8"},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"}};
  for (const auto& [accept, type] : forms) {
    const auto answer = wanting(server_, "/throw", accept);
    EXPECT_EQ(answer.status, 500) << accept;
    EXPECT_EQ(answer.field("Content-Type"), type) << accept;
    EXPECT_EQ(answer.field("Vary"), "Accept") << accept;
  }
  EXPECT_THAT(get(server_, "/throw").body, StartsWith("<h1>500 Internal Server Error</h1>"));
}

TEST_F(ErrorPages, LeaveFormsThatTheyDoNotHaveToTheServer) {
  const auto text = wanting(server_, "/missing", "text/plain, text/html;q=0.9");
  EXPECT_THAT(text.body, StartsWith("404 Not Found"));
  EXPECT_EQ(text.field("Content-Type"), "text/plain; charset=utf-8");
  const auto html = wanting(server_, "/error", "text/html, */*;q=0.1");
  EXPECT_EQ(html.status, 418);
  EXPECT_THAT(html.body, HasSubstr("short and stout"));
}

TEST_F(ErrorPages, NameTheRequestAsTheLogDoes) {
  const auto answer = wanting(server_, "/throw", "text/plain");
  ASSERT_THAT(answer.body, MatchesRegex("500 Internal Server Error: 0-[0-9a-f]+\n"));
  const auto id = answer.body.substr(27, answer.body.size() - 28);
  EXPECT_THAT(server_.wait_for_line("request " + id), HasSubstr("the secret reason"));
}

TEST_F(ErrorPages, TellNothingOfAnException) {
  for (const auto* target : {"/throw", "/worker"}) {
    for (const auto* accept : {"text/html", "application/json", "text/plain"}) {
      const auto answer = wanting(server_, target, accept);
      EXPECT_EQ(answer.status, 500);
      EXPECT_THAT(answer.raw, Not(HasSubstr("secret")));
      EXPECT_THAT(answer.raw, Not(HasSubstr("never sent")));
      EXPECT_EQ(answer.field("X-Before-The-Throw"), "kept or not");
      EXPECT_EQ(answer.field("Cache-Control"), "no-store");
    }
  }
}

TEST_F(ErrorPages, EscapeThePath) {
  const auto answer = wanting(server_, "/%3Cscript%3Ealert(1)%3C/script%3E%22'", "text/html");
  EXPECT_THAT(answer.body, HasSubstr("/&#x3c;script&#x3e;alert&#x28;1&#x29;&#x3c;/script&#x3e;&#x22;&#x27;</p>"));
}

TEST_F(ErrorPages, LeaveTheAnswersOfHandlersAlone) {
  EXPECT_EQ(get(server_, "/own").body, "mine");
  const auto empty = get(server_, "/empty");
  EXPECT_EQ(empty.status, 500);
  EXPECT_EQ(empty.body, "");
}

TEST_F(ErrorPages, LeaveTheBareAnswerOfAFailureInTheLastHooks) {
  const auto answer = get(server_, "/late");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, StartsWith("500 Internal Server Error\nRequest "));
  EXPECT_EQ(answer.field("Content-Type"), "text/plain; charset=utf-8");
}

TEST_F(ErrorPages, KeepTheFieldsThatBelongToTheStatus) {
  const auto answer = request(server_, "DELETE", "/", "Accept: application/json\r\n");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.field("Allow"), "GET, HEAD");
  EXPECT_EQ(answer.body, R"({"own":"4xx"})");
}

TEST_F(ErrorPages, AnswerMalformedMessages) {
  for (const std::string raw : {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n",
                                "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    Client client(server_);
    client.send(raw);
    const auto answer = client.read();
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.body, R"({"own":"4xx"})");
    EXPECT_EQ(answer.field("Content-Type"), "application/json");
    EXPECT_TRUE(client.closed_by_peer());
  }
}

TEST_F(ErrorPages, KeepTheConnectionInStepAlsoForHead) {
  constexpr std::string_view page = "<p>lost: /missing</p>";
  Client client(server_);
  for (int turn = 0; turn < 3; ++turn) {
    client.send("HEAD /missing HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n");
    const auto head = client.read_without_body();
    EXPECT_EQ(head.status, 404);
    EXPECT_EQ(head.field("Content-Length"), std::to_string(page.size()));
    client.send("GET /missing HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\nGET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read().body, page);
    EXPECT_EQ(client.read().status, 500);
  }
}

TEST(ErrorPagesOfLevels, MergeStatusByStatusAndFormByForm) {
  const Server server(
      loopback("tools: { error_pages: { pages: { 404: 404.html, 4xx: { json: 4xx.json }, 5xx: fixed.txt } } }\n"
               "paths:\n"
               "  /: { handler: { static: { root: . } } }\n"
               "  /a/: { tools: { error_pages: { pages: { 404: off, 4xx: { text: fixed.txt } } } } }\n"
               "  /b/: { tools: { error_pages: off } }\n"),
      usual_files());
  EXPECT_EQ(wanting(server, "/x", "text/html").body, "<p>lost: /x</p>");
  EXPECT_THAT(wanting(server, "/a/x", "text/html").body, HasSubstr("<h1>404 Not Found</h1>"));
  EXPECT_EQ(wanting(server, "/a/x", "text/plain").body, "fixed\n");
  EXPECT_EQ(wanting(server, "/a/x", "application/json").body, R"({"own":"4xx"})");
  EXPECT_THAT(wanting(server, "/b/x", "application/json").body, HasSubstr("\"title\":\"Not Found\""));
}

TEST(ErrorPagesWithOtherTools, NameTheRequestByItsIdAndAreSecured) {
  const Server server(
      loopback("tools: { error_pages: { pages: { 5xx: oops.txt } }, request_id: {}, secureheaders: {} }\n"
               "paths: { /: { handler: { thrower: {} } } }\n"),
      usual_files());
  const auto answer = get(server, "/");
  EXPECT_EQ(answer.body, "500 Internal Server Error: " + answer.field("X-Request-Id").value_or("none") + "\n");
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
}

TEST(ErrorPagesOfAFile, MayBeAsLargeAsTheLimit) {
  const std::string largest(256 * 1024, 'x');
  const Server server(loopback("tools: { error_pages: { pages: { 404: page.html } } }\n"),
                      with_files({{"page.html", largest}}));
  EXPECT_EQ(get(server, "/").body, largest);
}

// What the server says of pages that it refuses; `contents` are those of files that are there.
std::string refused(std::string_view pages, const std::string& contents = "text") {
  auto options = with_files({{"page.html", contents}, {"page.json", contents}});
  options.wait_until_ready = false;
  Server server(loopback("tools: { error_pages: { pages: " + std::string(pages) + " } }\n"), options);
  EXPECT_EQ(server.wait(), 3) << server.log();
  return server.log();
}

TEST(ErrorPagesRefuse, StatusesThatAreNoErrors) {
  for (const std::string status : {"200", "399", "600", "3xx", "6xx", "4XX", "40", "40x", "4x4", "default"}) {
    EXPECT_THAT(refused("{ " + status + ": page.html }"),
                HasSubstr("'" + status + "' is neither a status from 400 to 599 nor 4xx or 5xx"));
  }
}

TEST(ErrorPagesRefuse, FilesThatCannotBeRead) {
  EXPECT_THAT(refused("{ 404: missing.html }"), HasSubstr("missing.html cannot be read: No such file"));
  EXPECT_THAT(refused("{ 404: { html: . } }"), HasSubstr("is not a plain file"));
  EXPECT_THAT(refused("{ 404: { html: /dev/zero } }"), HasSubstr("/dev/zero is not a plain file"));
  EXPECT_THAT(refused("{ 404: page.html }", std::string(256 * 1024 + 1, 'x')), HasSubstr("is larger than 256KiB"));
}

TEST(ErrorPagesRefuse, FilesWhoseFormIsNotClear) {
  EXPECT_THAT(refused("{ 404: page.php }"), HasSubstr("says by its name neither .html, .json nor .txt"));
  EXPECT_THAT(refused("{ 404: page.html }", "\xE4"), HasSubstr("page.html is not UTF-8"));
  EXPECT_THAT(
      refused("{ 404: page.json }", "{\"path\":{path}}"),
      HasSubstr("page.json is no JSON object or list (unexpected byte 'w' in value); all placeholders but {status}"));
}

}  // namespace
}  // namespace kirsch::test
