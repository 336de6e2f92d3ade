// What lasts longer than a reload: long answers, and connections that became something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <vector>

#include "support/client.h"
#include "support/editions.h"
#include "support/fixtures/pattern.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

constexpr auto upgrade = " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n";

std::string yaml(const std::string& paths, const std::string& drain = "20s") {
  return loopback("server: { loops: 2, drain: " + drain + " }\npaths: { " + paths + " }\n");
}

class Line {
 public:
  Line(const Server& server, const std::string& path) : client_(server) {
    client_.send("GET " + path + upgrade);
    if (client_.read().status != 101) throw std::runtime_error("no upgrade");
  }
  std::string ask(const std::string& text) {
    client_.send(text);
    return client_.read_exactly(text.size() + 2);
  }
  Client& client() { return client_; }

 private:
  Client client_;
};

TEST(ReloadStreams, HundredLongAnswersLoseNoByteInFiftyReloads) {
  const std::size_t connections = sanitized() ? 20 : 100, reloads = sanitized() ? 10 : 50;
  constexpr std::size_t portion = 16 * 1024, size = 4 * 1024 * 1024;
  const auto text = [](const std::string& word) {
    return yaml("/: { handler: { ticker: { size: 4MiB, length: true } } }, /word: { handler: { edition: { word: " +
                word + " } } }");
  };
  Editions it(text("0"));
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::uint64_t> received(connections);
  for (std::size_t number = 0; number < connections; ++number) {
    auto& client = *clients.emplace_back(std::make_unique<Client>(it.server(), ClientOptions{.receive_buffer = 8192}));
    ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    ASSERT_THAT(client.read_exactly(15), HasSubstr("200 OK"));
    std::string head;
    while (!head.ends_with("\r\n\r\n")) head += client.read_exactly(1);
  }
  const auto read = [&](std::size_t number, std::size_t count) {
    const auto bytes = clients[number]->read_exactly(count);
    ASSERT_TRUE(follows_pattern(bytes, received[number]));
    received[number] += count;
  };
  for (std::size_t count = 1; count <= reloads; ++count) {
    it.install(count % 2 == 0 ? "one" : "two");
    it.write(text(std::to_string(count)));
    ASSERT_EQ(it.reload().exit_code, 0);
    EXPECT_EQ(get(it.server(), "/word").body, (count % 2 == 0 ? "1 " : "2 ") + std::to_string(count));
    for (std::size_t number = 0; number < connections; ++number) read(number, portion);
  }
  for (std::size_t number = 0; number < connections; ++number) {
    while (received[number] < size) read(number, std::min<std::size_t>(256 * 1024, size - received[number]));
    EXPECT_EQ(received[number], size);
  }
  it.wait_for_end_of(1);
}

TEST(ReloadStreams, SurviveOnPathsThatHaveNotChanged) {
  const auto paths = [](const std::string& more) {
    return yaml("/line: { handler: { edition_stream: {} } }, /: { handler: { edition: {} } }" + more);
  };
  Editions it(paths(""));
  Line line(it.server(), "/line");
  EXPECT_EQ(line.ask("hello\n"), "1 hello\n");
  for (const auto* more : {", /a: { handler: { edition: {} } }", ", /b: { handler: { edition: {} } }"}) {
    it.write(paths(more));
    ASSERT_EQ(it.reload().exit_code, 0);
    EXPECT_EQ(line.ask("hello\n"), "1 hello\n");
  }
  EXPECT_THAT(command(it.server(), "status").out, HasSubstr("generation 1, loaded "));
  line.client().close();
  it.wait_for_end_of(1);
}

TEST(ReloadStreams, AreToldToEndWhereCodeOrOptionsHaveChanged) {
  const auto text = yaml("/line: { handler: { edition_stream: {} } }, /: { handler: { edition: {} } }");
  Editions it(text);
  Line changed(it.server(), "/line");
  EXPECT_EQ(changed.ask("hello\n"), "1 hello\n");
  it.install("two");
  ASSERT_EQ(it.reload().exit_code, 0);
  EXPECT_EQ(changed.client().read_to_end(), "1 goodbye\n");
  Line removed(it.server(), "/line");
  EXPECT_EQ(removed.ask("hello\n"), "2 hello\n");
  it.write(yaml("/: { handler: { edition: {} } }"));
  ASSERT_EQ(it.reload().exit_code, 0);
  EXPECT_EQ(removed.client().read_to_end(), "2 goodbye\n");
  it.wait_for_end_of(2);
}

TEST(ReloadStreams, AreToldThatTheProcessEnds) {
  Editions it(yaml("/line: { handler: { edition_stream: {} } }, /: { handler: { edition: {} } }"));
  Line line(it.server(), "/line");
  it.server().signal(SIGTERM);
  EXPECT_EQ(line.client().read_to_end(), "1 goodbye\n");
  EXPECT_EQ(it.server().wait(), 0);
}

// Of requests that began before: the loops have gone over, then a stream opens that belongs to what was.
TEST(ReloadStreams, ThatOpenAfterwardsAreToldToEndToo) {
  const TemporaryFolder folder;
  const auto fifo = folder.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto late = [&](const std::string& handler) {
    return "/late: { handler: { " + handler + ": { fifo: \"" + fifo.string() + "\" } } }, ";
  };
  for (const auto* handler : {"edition_late", "edition_late_deaf"}) {
    Editions it(yaml(late(handler) + "/: { handler: { edition: {} } }", "300ms"));
    Client client(it.server());
    ASSERT_TRUE(client.send(std::string("GET /late") + upgrade));
    it.server().wait_for_log("edition 1: waiting");
    it.install("two");
    ASSERT_EQ(it.reload().exit_code, 0);
    EXPECT_EQ(get(it.server(), "/").body, "2 none");
    std::ofstream(fifo) << "go";
    EXPECT_EQ(client.read().status, 101);
    EXPECT_EQ(client.read_to_end(), std::string(handler) == "edition_late" ? "1 goodbye\n" : "");
    it.wait_for_end_of(1);
  }
}

TEST(ReloadStreams, ThatOpenAfterwardsStayWhereNothingHasChanged) {
  const TemporaryFolder folder;
  const auto fifo = folder.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto text = [&](const std::string& word) {
    return yaml("/late: { handler: { edition_late: { fifo: \"" + fifo.string() +
                "\" } } }, /: { handler: { edition: { word: " + word + " } } }");
  };
  Editions it(text("a"));
  Client client(it.server());
  ASSERT_TRUE(client.send(std::string("GET /late") + upgrade));
  it.server().wait_for_log("edition 1: waiting");
  it.write(text("b"));
  ASSERT_EQ(it.reload().exit_code, 0);
  std::ofstream(fifo) << "go";
  EXPECT_EQ(client.read().status, 101);
  ASSERT_TRUE(client.send("hello\n"));
  EXPECT_EQ(client.read_exactly(8), "1 hello\n");
}

TEST(ReloadStreams, ThatDoNotListenAreEndedAfterTheDrain) {
  Editions it(yaml("/deaf: { handler: { edition_deaf: {} } }, /: { handler: { edition: {} } }", "300ms"));
  Line line(it.server(), "/deaf");
  EXPECT_EQ(line.ask("hello\n"), "1 hello\n");
  it.install("two");
  ASSERT_EQ(it.reload().exit_code, 0);
  EXPECT_TRUE(line.client().closed_by_peer());
  it.wait_for_end_of(1);
}

}  // namespace
}  // namespace kirsch::test
