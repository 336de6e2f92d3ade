// static: what is served, what clients never see, and that nothing leaves the directory.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "modules/refusal.h"
#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// A folder `site` to serve.
class Static : public ::testing::Test {
 protected:
  Static() {
    folder.write("site/index.html", "<h1>front</h1>");
    folder.write("site/a.txt", "alpha");
    folder.write("site/docs/index.html", "<h1>docs</h1>");
    folder.write("site/empty/readme.txt", "no index here");
    folder.write("site/.hidden", "hidden");
    folder.write("site/.git/config", "hidden");
    folder.write("site/.well-known/security.txt", "Contact: mailto:a@example.org");
    folder.write("site/.well-known/.hidden", "hidden");
  }
  std::string site() const { return (folder.path() / "site").string(); }
  std::string yaml(std::string_view more = {}) const {
    return loopback("paths: { /: { handler: { static: { root: \"" + site() + "\"" + std::string(more) + " } } } }\n");
  }

  TemporaryFolder folder;
};

TEST_F(Static, ServesAFileWithItsTypeLengthAndDate) {
  Server server(yaml());
  const auto answer = get(server, "/a.txt");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "alpha");
  EXPECT_EQ(answer.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.field("Content-Length"), "5");
  EXPECT_THAT(answer.field("Last-Modified").value_or(""),
              MatchesRegex("(Sun|Mon|Tue|Wed|Thu|Fri|Sat), [0-9][0-9] [A-Z][a-z][a-z] [0-9][0-9][0-9][0-9] "
                           "[0-9][0-9]:[0-9][0-9]:[0-9][0-9] GMT"));
}

TEST_F(Static, WritesTheTimeOfTheFileAsHttpDoes) {
  const timespec times[2] = {{784111777, 0}, {784111777, 999999999}};  // the example of RFC 9110 5.6.7
  ASSERT_EQ(::utimensat(AT_FDCWD, (site() + "/a.txt").c_str(), times, 0), 0);
  Server server(yaml());
  EXPECT_EQ(get(server, "/a.txt").field("Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_F(Static, NeverDatesAFileIntoTheFuture) {
  const timespec times[2] = {{4102444800, 0}, {4102444800, 0}};  // the year 2100
  ASSERT_EQ(::utimensat(AT_FDCWD, (site() + "/a.txt").c_str(), times, 0), 0);
  Server server(yaml());
  EXPECT_THAT(get(server, "/a.txt").field("Last-Modified").value_or(""), Not(HasSubstr("2100")));
}

TEST_F(Static, AnswersHeadWithoutABody) {
  Server server(yaml());
  Client client(server);
  ASSERT_TRUE(client.send("HEAD /a.txt HTTP/1.1\r\nHost: a\r\n\r\nGET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n"));
  const auto head = client.read_without_body();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("Content-Length"), "5");
  EXPECT_EQ(client.read().body, "alpha");
}

TEST_F(Static, ServesTheIndexOfADirectory) {
  Server server(yaml());
  EXPECT_EQ(get(server, "/").body, "<h1>front</h1>");
  const auto docs = get(server, "/docs/");
  EXPECT_EQ(docs.body, "<h1>docs</h1>");
  EXPECT_EQ(docs.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(get(server, "/empty/").status, 404);
}

TEST_F(Static, TriesTheNamesOfTheIndexInTurn) {
  Server server(yaml(", index: [start.htm, readme.txt, index.html]"));
  EXPECT_EQ(get(server, "/empty/").body, "no index here");
  EXPECT_EQ(get(server, "/docs/").body, "<h1>docs</h1>");
}

TEST_F(Static, TakesNoDirectoryForAnIndex) {
  std::filesystem::create_directories(folder.path() / "site" / "docs" / "start.htm");
  std::filesystem::create_directories(folder.path() / "site" / "bare" / "index.html");
  ASSERT_EQ(::mkfifo((site() + "/empty/start.htm").c_str(), 0600), 0);
  Server server(yaml(", index: [start.htm, index.html]"));
  EXPECT_EQ(get(server, "/docs/").body, "<h1>docs</h1>") << "the next name counts";
  EXPECT_EQ(get(server, "/bare/").status, 404) << "a redirect would lead to where it came from";
  EXPECT_EQ(get(server, "/empty/").status, 404);
  Server listing(yaml(", listing: true"));
  EXPECT_THAT(get(listing, "/bare/").body, HasSubstr("<a href=\"./index.html/\">"));
}

TEST_F(Static, RedirectsADirectoryToItsSlash) {
  std::filesystem::create_directory(folder.path() / "site" / "my docs\\");
  Server server(yaml());
  const auto answer = get(server, "/docs?page=2");
  EXPECT_EQ(answer.status, 308);
  EXPECT_EQ(answer.field("Location"), "/docs/?page=2");
  EXPECT_EQ(get(server, "/my%20docs%5C").field("Location"), "/my%20docs%5C/");
}

TEST_F(Static, NeverRedirectsToAnotherHost) {
  Server server(yaml());
  EXPECT_EQ(get(server, "/docs", "Host: evil.example\r\n").field("Location"), "/docs/");
  Client client(server);
  ASSERT_TRUE(client.send("GET //docs HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(client.read().field("Location").value_or("/"), Not(HasSubstr("//")));
}

TEST_F(Static, AllowsGetAndHeadOnly) {
  Server server(yaml());
  for (const auto* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const auto answer = request(server, method, "/a.txt");
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.field("Allow"), "GET, HEAD") << method;
  }
}

TEST_F(Static, KnowsMediaTypesByExtension) {
  for (const auto* name : {"x.css", "X.JS", "x.svg", "x.json", "x.woff2", "x.unknown", "none", "x.tar.gz"}) {
    folder.write(std::string("site/") + name, "x");
  }
  Server server(yaml(", types: { unknown: application/x-own, svg: image/own }"));
  const auto type = [&](const std::string& path) { return get(server, path).field("Content-Type"); };
  EXPECT_EQ(type("/x.css"), "text/css; charset=utf-8");
  EXPECT_EQ(type("/X.JS"), "text/javascript; charset=utf-8");
  EXPECT_EQ(type("/x.json"), "application/json");
  EXPECT_EQ(type("/x.woff2"), "font/woff2");
  EXPECT_EQ(type("/x.tar.gz"), "application/gzip");
  EXPECT_EQ(type("/none"), "application/octet-stream");
  EXPECT_EQ(type("/x.unknown"), "application/x-own");
  EXPECT_EQ(type("/x.svg"), "image/own");
}

TEST_F(Static, HidesDotFilesButNotWellKnown) {
  Server server(yaml());
  EXPECT_EQ(get(server, "/.hidden").status, 404);
  EXPECT_EQ(get(server, "/%2ehidden").status, 404);
  EXPECT_EQ(get(server, "/.git/config").status, 404);
  EXPECT_EQ(get(server, "/.git").status, 404);
  EXPECT_EQ(get(server, "/.well-known/security.txt").status, 200);
  EXPECT_EQ(get(server, "/.well-known/.hidden").status, 404);
}

TEST_F(Static, TakesAnEncodedSlashForNoSlash) {
  Server server(yaml());
  EXPECT_EQ(get(server, "/docs%2Findex.html").status, 404);
  EXPECT_EQ(get(server, "/docs%2f").status, 404);
}

TEST_F(Static, ServesRegularFilesOnly) {
  ASSERT_EQ(::mkfifo((site() + "/pipe.txt").c_str(), 0600), 0);
  Server server(yaml());
  EXPECT_EQ(get(server, "/pipe.txt").status, 404);
  EXPECT_EQ(get(server, "/a.txt/").status, 404);
  EXPECT_EQ(get(server, "/a.txt/more").status, 404);
  EXPECT_EQ(get(server, "/" + std::string(5000, 'x')).status, 404);
}

TEST_F(Static, CutsThePrefixThatItIsToldToStrip) {
  const auto server_yaml =
      loopback("paths:\n  /files/: { handler: { static: { root: \"" + site() +
               "\", strip: /files/ } } }\n  /whole/: { handler: { static: { root: \"" + site() +
               "\" } } }\n  /other/: { handler: { static: { root: \"" + site() + "\", strip: /elsewhere } } }\n");
  Server server(server_yaml);
  EXPECT_EQ(get(server, "/files/a.txt").body, "alpha");
  EXPECT_EQ(get(server, "/files/").body, "<h1>front</h1>");
  EXPECT_EQ(get(server, "/files/docs").field("Location"), "/files/docs/");
  EXPECT_EQ(get(server, "/whole/a.txt").status, 404);
  EXPECT_EQ(get(server, "/other/a.txt").status, 404);
}

TEST_F(Static, KeepsNoDescriptorOpen) {
  Server server(yaml());
  const auto open_files = [&] {
    const auto descriptors = "/proc/" + std::to_string(server.pid()) + "/fd";
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(descriptors)) count += entry.is_symlink() ? 1 : 0;
    return count;
  };
  // One connection, one request at a time: each file is closed before the next answer begins.
  Client client(server);
  const auto ask = [&](const std::string& line) {
    ASSERT_TRUE(client.send(line + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    line.starts_with("HEAD") ? client.read_without_body() : client.read();
  };
  ask("GET /a.txt");
  ask("GET /missing");
  const auto before = open_files();
  for (int round = 0; round < 50; ++round) {
    for (const auto* line : {"GET /a.txt", "HEAD /a.txt", "GET /docs", "GET /missing", "POST /a.txt", "GET /.hidden"}) {
      ask(line);
    }
  }
  EXPECT_EQ(open_files(), before);
}

TEST_F(Static, RefusesARootThatIsNotThere) {
  EXPECT_THAT(refusal("paths: { /: { handler: { static: { root: nowhere } } } }\n"), HasSubstr("nowhere"));
}

TEST_F(Static, RefusesOptionsThatCannotWork) {
  const auto refused = [](std::string_view option) {
    return refusal("paths: { /: { handler: { static: { root: ., " + std::string(option) + " } } } }\n");
  };
  EXPECT_THAT(refused("index: [a/b.html]"), HasSubstr("not the plain name of a file"));
  EXPECT_THAT(refused("strip: files"), HasSubstr("write \"/files\""));
  EXPECT_THAT(refused("types: { .MD: text/markdown }"), HasSubstr("lower case and without its dot"));
  EXPECT_THAT(refused(R"(types: { md: "text/markdown; " })"), HasSubstr("not a media type"));
  EXPECT_THAT(refused("types: { md: markdown }"), HasSubstr("not a media type"));
  EXPECT_THAT(refused(R"(types: { md: "text/plain\r\nX: y" })"), HasSubstr("not a media type"));
}

}  // namespace
}  // namespace kirsch::test
