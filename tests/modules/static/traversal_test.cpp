// No request leaves the directory: the targets of traversal.tsv, each through every way in which files are found.
#include <Poco/String.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "support/client.h"
#include "support/footprint.h"

namespace kirsch::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view page = "<h1>the page of the application</h1>";

// A folder `site` to serve, and around it what must never be seen: whatever holds the word "canary".
class StaticTraversal : public ::testing::Test {
 protected:
  StaticTraversal() {
    for (const auto* name : {"outside/secret.txt", "outside/secret.txt.gz", "outside/index.html", "index.html",
                             "site/.hidden", "site/.git/config", "site/docs/.hidden", "site/.well-known/.hidden"}) {
      folder_.write(name, "canary");
    }
    folder_.write("site/index.html", page);
    folder_.write("site/a.txt", "alpha");
    folder_.write("site/docs/inside.txt", "inside");
    folder_.write("site/linked/inside.txt", "inside");
    const std::pair<std::string, std::string> links[] = {
        {"../outside/secret.txt", "relative.txt"},
        {secret(), "absolute.txt"},
        {"..", "up"},
        {"../outside", "out"},
        {"out", "chain"},
        {"relative.txt", "chained.txt"},
        {"../../outside", "docs/deep"},
        {"docs", "inner"},
        {"/proc/self", "process"},
        {"/proc/self/fd", "descriptors"},
        {"loop", "loop"},
        {"../../outside/index.html", "linked/index.html"},
        {"../outside/secret.txt.gz", "a.txt.gz"},
    };
    for (const auto& [target, name] : links) std::filesystem::create_symlink(target, folder_.path() / "site" / name);
  }

  std::string secret() const { return (folder_.path() / "outside/secret.txt").string(); }

  // A site for each way, told apart by its host.
  std::string yaml() const {
    const auto root = "root: \"" + (folder_.path() / "site").string() + "\"";
    const auto site = [&](const std::string& host, const std::string& path, const std::string& options) {
      return "  - { hosts: [" + host + "], paths: { " + path + ": { handler: { static: { " + root + options +
             " } } } } }\n";
    };
    return loopback("sites:\n" + site("plain", "/", "") + site("listing", "/", ", listing: true") +
                    site("packed", "/", ", precompressed: [br, zstd, gzip]") +
                    site("uncached", "/", ", cache_files: 0") + site("fallback", "/", ", fallback: index.html") +
                    site("strip", "/files/", ", strip: /files"));
  }

  TemporaryFolder folder_;
};

Response fetch(const Server& server, const std::string& host, const std::string& target) {
  Client client(server);
  EXPECT_TRUE(client.send("GET " + target + " HTTP/1.1\r\nHost: " + host +
                          "\r\nConnection: close\r\nAccept: text/html\r\nAccept-Encoding: br, zstd, gzip\r\n\r\n"));
  return client.read();
}

TEST_F(StaticTraversal, LeadsNowhere) {
  const Server server(yaml());
  const Footprint before(server, "/", 421);  // its host is none of these sites
  std::ifstream table(source_folder() / "tests/modules/static/traversal.tsv");
  std::size_t cases = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.starts_with('#')) continue;
    const auto tab = line.find('\t');
    ASSERT_NE(tab, std::string::npos) << line;
    const auto expected = std::stoi(line.substr(tab));
    const auto target = Poco::replace(line.substr(0, tab), std::string("{secret}"), secret());
    for (const std::string host : {"plain", "listing", "packed", "uncached", "fallback"}) {
      const auto answer = fetch(server, host, Poco::replace(target, std::string("{host}"), host));
      EXPECT_THAT(answer.raw, Not(HasSubstr("canary"))) << host << ' ' << line;
      const bool is_page = host == "fallback" && expected == 404 && answer.body == page;
      EXPECT_EQ(is_page ? 404 : answer.status, expected) << host << ' ' << line;
    }
    const std::string origin = target.starts_with('/') ? "" : "http://{host}";
    const auto answer =
        fetch(server, "strip", Poco::replace(origin, "{host}", "strip") + "/files" + target.substr(origin.size()));
    EXPECT_THAT(answer.raw, Not(HasSubstr("canary"))) << "strip " << line;
    EXPECT_THAT(answer.status, AnyOf(400, 404)) << "strip " << line;
    ++cases;
  }
  EXPECT_GE(cases, 120u);
  EXPECT_EQ(fetch(server, "plain", "/inner/inside.txt").body, "inside") << "a link that stays inside is followed";
  EXPECT_EQ(fetch(server, "strip", "/files/inner/inside.txt").body, "inside");
  before.expect_back(16);  // files and folders that its caches remember
}

TEST_F(StaticTraversal, IsNotDoneForTheServersOwnChoiceOfNames) {
  const Server server(yaml());
  for (const std::string host : {"plain", "packed", "fallback"}) {
    const auto index = fetch(server, host, "/linked/");
    EXPECT_THAT(index.raw, Not(HasSubstr("canary"))) << host;
    EXPECT_EQ(index.body == page ? 404 : index.status, 404) << host;
  }
  const auto listing = fetch(server, "listing", "/linked/");
  EXPECT_THAT(listing.body, HasSubstr("inside.txt"));
  EXPECT_THAT(listing.body, Not(HasSubstr("index.html")));
  const auto sibling = fetch(server, "packed", "/a.txt");
  EXPECT_EQ(sibling.body, "alpha");
  EXPECT_EQ(sibling.field("Content-Encoding"), std::nullopt);
}

}  // namespace
}  // namespace kirsch::test
