// static as a site uses it: changing files, large files, listings, single-page applications, and paths that race.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/fs.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "modules/refusal.h"
#include "support/footprint.h"

namespace kirsch::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class StaticSite : public ::testing::Test {
 protected:
  StaticSite() {
    folder.write("outside/secret.txt", "canary");
    folder.write("site/index.html", "<h1>front</h1>");
    folder.write("site/docs/inside.txt", "alpha");
  }
  std::string path(const std::string& name) const { return (folder.path() / "site" / name).string(); }
  std::string yaml(std::string_view options = {}) const {
    return loopback("paths: { /: { handler: { static: { root: \"" + (folder.path() / "site").string() + "\"" +
                    std::string(options) + " } } } }\n");
  }
  // As deployments do it: a new file in the place of the old one.
  void replace(const std::string& name, std::string_view text) const {
    folder.write("site/" + name + ".new", text);
    std::filesystem::rename(path(name + ".new"), path(name));
  }

  TemporaryFolder folder;
};

std::size_t descriptors(const Server& server) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(server.pid()) + "/fd")) {
    count += entry.is_symlink() ? 1 : 0;
  }
  return count;
}

TEST_F(StaticSite, NeverPairsTheTagOfOneVersionWithTheBytesOfAnother) {
  const Server server(yaml());
  folder.write("site/page.txt", "version 0");
  const std::jthread writer([&](const std::stop_token& done) {
    for (int version = 1; !done.stop_requested(); ++version)
      replace("page.txt", "version " + std::to_string(version % 10));
  });
  std::map<std::string, std::string> bytes_of;
  auto client = std::make_unique<Client>(server);
  for (int i = 0; i < 3000; ++i) {
    if (i % 500 == 0) client = std::make_unique<Client>(server);  // 1,000 requests are a connection's most
    ASSERT_TRUE(client->send("GET /page.txt HTTP/1.1\r\nHost: a\r\n\r\n"));
    const auto answer = client->read();
    ASSERT_EQ(answer.status, 200);
    const auto [known, added] = bytes_of.emplace(answer.field("ETag").value_or(""), answer.body);
    EXPECT_EQ(known->second, answer.body);
  }
}

TEST_F(StaticSite, TellsFilesOfTheSameTimeAndSizeApart) {
  const Server server(yaml(", cache_files: 0"));
  const timespec times[2] = {{784111777, 0}, {784111777, 0}};
  folder.write("site/page.txt", "one");
  ASSERT_EQ(::utimensat(AT_FDCWD, path("page.txt").c_str(), times, 0), 0);
  const auto first = get(server, "/page.txt");
  folder.write("site/page.txt.new", "two");
  ASSERT_EQ(::utimensat(AT_FDCWD, path("page.txt.new").c_str(), times, 0), 0);
  std::filesystem::rename(path("page.txt.new"), path("page.txt"));
  const auto second = get(server, "/page.txt");
  EXPECT_EQ(second.body, "two");
  EXPECT_NE(first.field("ETag"), second.field("ETag"));
}

TEST_F(StaticSite, TellsLargeFilesOfTheSameTimeAndSizeApart) {
  const Server server(yaml(", cache_files: 0"));
  const timespec times[2] = {{784111777, 0}, {784111777, 0}};
  const auto write = [&](const std::string& name, char byte) {
    folder.write("site/" + name, std::string(100'000, byte));
    EXPECT_EQ(::utimensat(AT_FDCWD, path(name).c_str(), times, 0), 0);
  };
  const auto unless = [&](const Response& known) {
    return get(server, "/large.bin", "If-None-Match: " + known.field("ETag").value_or("") + "\r\n");
  };
  // The tag of a young file is another one when it has come to age.
  Response first;
  do {
    write("large.bin", '1');
    first = get(server, "/large.bin");
  } while (unless(first).status != 304);
  write("large.bin.new", '2');
  std::filesystem::rename(path("large.bin.new"), path("large.bin"));
  const auto renamed = unless(first);
  EXPECT_EQ(renamed.status, 200);
  EXPECT_EQ(renamed.body, std::string(100'000, '2'));

  // Overwritten in place, once the clock of the file system has gone on.
  const auto changed = [&] {
    struct stat state {};
    EXPECT_EQ(::stat(path("large.bin").c_str(), &state), 0);
    return std::pair(state.st_ctim.tv_sec, state.st_ctim.tv_nsec);
  };
  const auto before = changed();
  while (changed() == before) write("large.bin", '3');
  EXPECT_EQ(unless(renamed).body, std::string(100'000, '3'));

  // A tag of the time in which changes cannot be told apart is not that of the time afterwards.
  Response young;
  do {
    write("large.bin", '3');
    young = get(server, "/large.bin");
  } while (!young.field("ETag").value_or("").starts_with("W/"));
  const auto until = std::chrono::steady_clock::now() + patience;
  auto settled = unless(young);
  while (settled.status == 304 && std::chrono::steady_clock::now() < until) settled = unless(young);
  EXPECT_EQ(settled.status, 200);
  EXPECT_THAT(settled.field("ETag").value_or(""), ::testing::StartsWith("\""));
}

// What is sent was kept, whichever way it goes: emptied in place it is whole, or another version.
TEST_F(StaticSite, SendsFilesOfMiddlingSizeAsTheyWereWhenTheirTagWasMade) {
  const Server server(yaml());
  for (const std::size_t size : {16'383U, 16'384U, 40'001U, 65'536U}) {
    const std::string name = "middling" + std::to_string(size);
    std::string bytes(size, 'a');
    for (std::size_t at = 0; at < size; ++at) bytes[at] = static_cast<char>('a' + at % 23);
    folder.write("site/" + name, bytes);
    const auto first = get(server, "/" + name);
    EXPECT_EQ(first.body, bytes);
    const auto part = get(server, "/" + name, "Range: bytes=1000-15999\r\n");
    EXPECT_EQ(part.body, bytes.substr(1000, 15'000));
    std::filesystem::resize_file(path(name), 0);
    const auto again = get(server, "/" + name);
    EXPECT_EQ(again.body, again.field("ETag") == first.field("ETag") ? bytes : "");
  }
}

TEST_F(StaticSite, NeverTakesTheBeginningOfAGrowingFileForTheWhole) {
  constexpr off_t small = 60'000, large = 70'000;  // the cache takes 65,536 bytes
  folder.write("site/grows.bin", std::string(small, 'x'));
  const Server server(yaml(", cache_files: 0"));
  const std::jthread writer([&](const std::stop_token& done) {
    while (!done.stop_requested()) {
      EXPECT_EQ(::truncate(path("grows.bin").c_str(), large), 0);
      EXPECT_EQ(::truncate(path("grows.bin").c_str(), small), 0);
    }
  });
  auto client = std::make_unique<Client>(server);
  for (int i = 0; i < 3000; ++i) {
    if (i % 500 == 0) client = std::make_unique<Client>(server);
    ASSERT_TRUE(client->send("HEAD /grows.bin HTTP/1.1\r\nHost: a\r\n\r\n"));
    ASSERT_THAT(client->read_without_body().field("Content-Length"), AnyOf("60000", "70000"));
  }
}

TEST_F(StaticSite, ShowsAChangeWithinASecondAndADeletion) {
  const Server server(yaml());
  folder.write("site/page.txt", "old");
  EXPECT_EQ(get(server, "/page.txt").body, "old");
  replace("page.txt", "new");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  const auto becomes = [&](auto holds) {
    bool held = holds();
    while (!held && std::chrono::steady_clock::now() < until) held = holds();
    return held;
  };
  EXPECT_TRUE(becomes([&] { return get(server, "/page.txt").body == "new"; }));
  std::filesystem::remove(path("page.txt"));
  EXPECT_TRUE(becomes([&] { return get(server, "/page.txt").status == 404; }));
}

TEST_F(StaticSite, SendsLargeFilesWholeAndInPartsFromOneOpenFile) {
  std::string large;
  for (int i = 0; large.size() < 5'000'000; ++i) large += std::to_string(i) + ' ';
  folder.write("site/large.bin", large);
  const Server server(yaml());
  EXPECT_EQ(get(server, "/large.bin").body, large);
  EXPECT_EQ(get(server, "/large.bin", "Range: bytes=1048570-3145740\r\n").body, large.substr(1048570, 2097171));
  const auto before = descriptors(server);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(get(server, "/large.bin", "Range: bytes=-7\r\n").body, large.substr(large.size() - 7));
  // One open file per loop; the server sees the ends of connections when it comes to them.
  const auto until = std::chrono::steady_clock::now() + patience;
  while (descriptors(server) > before + 2 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_LE(descriptors(server), before + 2);
  const auto parts = get(server, "/large.bin", "Range: bytes=0-99999,4000000-4499999\r\n");
  EXPECT_EQ(parts.status, 206);
  EXPECT_THAT(parts.body, HasSubstr(large.substr(4000000, 500000)));
  EXPECT_THAT(parts.body, HasSubstr("Content-Range: bytes 4000000-4499999/" + std::to_string(large.size())));
}

void allow_descriptors(const Server& server, rlim_t most) {
  rlimit limit{};
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_NOFILE, nullptr, &limit), 0);
  limit.rlim_cur = std::min(most, limit.rlim_max);
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
}

// No more than are open now.
void forbid_descriptors(const Server& server) {
  std::set<rlim_t> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(server.pid()) + "/fd")) {
    open.insert(std::stoul(entry.path().filename().string()));
  }
  rlim_t lowest_free = 0;
  while (open.contains(lowest_free)) ++lowest_free;
  allow_descriptors(server, lowest_free);
}

Response ask(Client& client, const std::string& name) {
  EXPECT_TRUE(client.send("GET /" + name + " HTTP/1.1\r\nHost: a\r\n\r\n"));
  return client.read();
}

TEST_F(StaticSite, ClosesFilesItRemembersWhereNoDescriptorIsLeft) {
  for (const auto* name : {"1.bin", "2.bin", "3.bin"})
    folder.write(std::string("site/") + name, std::string(70'000, 'x'));
  const Server server(yaml() + "server: { loops: 1 }\n");
  Client client(server);
  EXPECT_EQ(ask(client, "1.bin").status, 200);
  EXPECT_EQ(ask(client, "2.bin").status, 200);
  forbid_descriptors(server);
  EXPECT_EQ(ask(client, "3.bin").status, 200);
}

TEST_F(StaticSite, IsBusyWhereNoDescriptorIsLeftAtAll) {
  const Server server(yaml());
  Client client(server);
  EXPECT_EQ(ask(client, "none").status, 404);
  forbid_descriptors(server);
  const auto refused = ask(client, "docs/inside.txt");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("Retry-After"), "1");
  server.wait_for_log("cannot open /docs/inside.txt: Too many open files");
  allow_descriptors(server, 1024);
  EXPECT_EQ(ask(client, "docs/inside.txt").status, 200);
}

TEST_F(StaticSite, ListsADirectoryOnlyIfToldTo) {
  EXPECT_EQ(get(Server(yaml()), "/docs/").status, 404);
  folder.write("site/docs/<b> & \"q\".txt", "x");
  folder.write("site/docs/javascript:alert(1)", "x");
  folder.write("site/docs/.hidden", "x");
  folder.write("site/docs/below/z.txt", "x");
  ASSERT_EQ(::mkfifo(path("docs/pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("../../outside/secret.txt", path("docs/outward.txt"));
  std::filesystem::create_symlink("inside.txt", path("docs/inward.txt"));
  std::filesystem::create_symlink("below", path("docs/inward"));
  const Server server(yaml(", listing: true"));
  const auto page = get(server, "/docs/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.body,
              HasSubstr("<a href=\"./%3Cb%3E%20&amp;%20%22q%22.txt\">&lt;b&gt; &amp; &quot;q&quot;.txt</a>"));
  EXPECT_THAT(page.body, HasSubstr("<a href=\"./javascript:alert(1)\">"));
  EXPECT_THAT(page.body, HasSubstr("<a href=\"./below/\">below/</a>"));
  EXPECT_THAT(page.body, HasSubstr("inward.txt"));
  EXPECT_THAT(page.body, HasSubstr("<a href=\"./inward/\">"));
  for (const auto* name : {".hidden", "pipe", "outward"}) EXPECT_THAT(page.body, Not(HasSubstr(name))) << name;
  EXPECT_EQ(get(server, "/docs/%3Cb%3E%20&%20%22q%22.txt").body, "x");
  const auto json = get(server, "/docs/below/", "Accept: application/json\r\n");
  EXPECT_EQ(json.field("Content-Type"), "application/json");
  EXPECT_THAT(json.body, HasSubstr(R"({"name":"z.txt","type":"file","size":1,"modified":)"));
  EXPECT_EQ(get(server, "/").body, "<h1>front</h1>") << "an index goes before a listing";
  EXPECT_EQ(get(server, "/docs").status, 308);
}

TEST_F(StaticSite, AnswersPathsOfAnApplicationWithItsPage) {
  const Server server(yaml(", fallback: index.html"));
  for (const auto* route : {"/users/42", "/settings/", "/docs/none", "/users/a%2Fb", "/.git/config"}) {
    const auto answer = get(server, route, "Accept: text/html\r\n");
    EXPECT_EQ(answer.status, 200) << route;
    EXPECT_EQ(answer.body, "<h1>front</h1>") << route;
    EXPECT_EQ(answer.field("Vary"), "Accept") << route;
  }
  EXPECT_EQ(get(server, "/app.js", "Accept: text/html\r\n").status, 404) << "a missing script is no page";
  EXPECT_EQ(get(server, "/users/42", "Accept: application/json\r\n").status, 404);
  EXPECT_EQ(get(server, "/docs/inside.txt").body, "alpha");
}

TEST_F(StaticSite, TakesNoDirectoryForTheFallback) {
  const Server server(yaml(", fallback: app"));
  std::filesystem::create_directory(path("app"));
  EXPECT_EQ(get(server, "/users/42", "Accept: text/html\r\n").status, 404);
  EXPECT_EQ(get(server, "/app", "Accept: text/html\r\n").field("Location"), "/app/");
  EXPECT_EQ(get(server, "/app/", "Accept: text/html\r\n").status, 404);
  EXPECT_THAT(refusal("paths: { /: { handler: { static: { root: \"" + path("") + "\", fallback: docs } } } }\n"),
              HasSubstr("'docs' is a directory: write the path of a file below root"));
}

TEST_F(StaticSite, LooksAtNoAcceptEncodingWithoutSiblings) {
  const Server server(yaml());
  const auto answer = get(server, "/docs/inside.txt", "Accept-Encoding: identity;q=0\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Vary"), std::nullopt);
}

TEST_F(StaticSite, SaysHowLongAnswersMayBeKept) {
  folder.write("site/app.5d41402a.js", "x");
  folder.write("site/assets/a.css", "x");
  folder.write("site/other/a.css", "x");
  const Server server(yaml(R"(, immutable: ["app.*.js", "assets/*"], cache_control: no-cache)"));
  EXPECT_EQ(get(server, "/app.5d41402a.js").field("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(get(server, "/assets/a.css").field("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(get(server, "/other/a.css").field("Cache-Control"), "no-cache");
  EXPECT_EQ(get(server, "/assets/none").field("Cache-Control"), std::nullopt);
}

// Whoever joins two halves by a date must not get them of two files.
TEST_F(StaticSite, HasNoRangesByDateOfWhatHasJustChanged) {
  const Server server(yaml(", cache_files: 0"));
  const timespec long_ago[2] = {{784111777, 0}, {784111777, 0}};
  Response answer;
  do {  // until no pause of the machine has come between
    folder.write("site/new.txt", std::string(300'000, 'x'));
    ASSERT_EQ(::utimensat(AT_FDCWD, path("new.txt").c_str(), long_ago, 0), 0);
    answer = get(server, "/new.txt", "Range: bytes=0-1\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  } while (!answer.field("ETag").value_or("").starts_with("W/"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.size(), 300'000u);
}

TEST_F(StaticSite, IsNotLeftThroughARace) {
  ASSERT_EQ(std::rename(path("docs").c_str(), path("flip").c_str()), 0);
  folder.write("site/flip/secret.txt", "harmless");
  ASSERT_EQ(::symlink("../outside", path("other").c_str()), 0);
  const Server server(yaml(", cache_files: 0"));
  const Footprint before(server);
  const std::jthread swapper([&](const std::stop_token& done) {
    while (!done.stop_requested()) {
      ::syscall(SYS_renameat2, AT_FDCWD, path("flip").c_str(), AT_FDCWD, path("other").c_str(), RENAME_EXCHANGE);
    }
  });
  auto client = std::make_unique<Client>(server);
  int harmless = 0;
  for (int i = 0; i < 5000; ++i) {
    if (i % 500 == 0) client = std::make_unique<Client>(server);
    ASSERT_TRUE(client->send("GET /flip/secret.txt HTTP/1.1\r\nHost: a\r\n\r\n"));
    const auto answer = client->read();
    ASSERT_THAT(answer.status, AnyOf(200, 404, 503));
    ASSERT_THAT(answer.body, Not(HasSubstr("canary")));
    harmless += answer.status == 200 ? 1 : 0;
  }
  EXPECT_GT(harmless, 0);
  client.reset();
  before.expect_back();
}

// The kernel looks again whether a path with many `..` stays inside, and gives up (EAGAIN) when a rename was quicker.
TEST_F(StaticSite, IsBusyAtWorstWhereNamesChangeAllTheTime) {
  std::string around;
  while (around.size() < 4000) around += "../docs/";
  std::filesystem::create_symlink(around + "inside.txt", path("docs/around.txt"));
  folder.write("one", "");
  folder.write("other", "");
  const Server server(yaml(", cache_files: 0"));
  const std::jthread renamer([&](const std::stop_token& done) {
    const auto one = (folder.path() / "one").string(), other = (folder.path() / "other").string();
    while (!done.stop_requested()) {
      ::syscall(SYS_renameat2, AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
    }
  });
  Client client(server);
  for (int i = 0; i < 300; ++i) {
    const auto answer = ask(client, "docs/around.txt");
    ASSERT_THAT(answer.status, AnyOf(200, 503));
    ASSERT_EQ(answer.field("Retry-After").has_value(), answer.status == 503);
  }
}

TEST_F(StaticSite, RefusesOptionsThatCannotWork) {
  const auto refused = [](std::string_view option) {
    return refusal("paths: { /: { handler: { static: { root: ., " + std::string(option) + " } } } }\n");
  };
  EXPECT_THAT(refused("precompressed: [deflate]"), HasSubstr("'deflate' is none of br, zstd and gzip"));
  EXPECT_THAT(refused("fallback: /index.html"), HasSubstr("write the path of a file below root"));
  EXPECT_THAT(refused("fallback: ../index.html"), HasSubstr("write the path of a file below root"));
  EXPECT_THAT(refused(R"(cache_control: "a\nb")"), HasSubstr("line end"));
  EXPECT_THAT(refused(R"(cache_control: "no-cache ")"), HasSubstr("outer space"));
  EXPECT_THAT(refused("immutable: [/assets/*]"), HasSubstr("write 'assets/*'"));
  EXPECT_THAT(refused("immutable: ['']"), HasSubstr("an empty pattern"));
  for (const std::string strip : {"/a/../b", "/a//b", "/./a", "/a%20b"})
    EXPECT_THAT(refused("strip: " + strip), HasSubstr("no path has this prefix")) << strip;
  EXPECT_THAT(refused("cache_files: 10001"), HasSubstr("10000"));
}

}  // namespace
}  // namespace kirsch::test
