// accesslog: what the real server writes of real requests, well-behaved and hostile.
#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "modules/refusal.h"
#include "support/client.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

constexpr auto paths =
    "paths:\n"
    "  /: { handler: { respond: { body: hello } } }\n"
    "  /quiet: { handler: { respond: {} }, tools: { accesslog: off } }\n"
    "  /stream: { handler: { ticker: { size: 1MiB } } }\n"
    "  /endless: { handler: { ticker: { size: 1GiB } } }\n"
    "  /forever: { handler: { forever: {} } }\n"
    "  /throw: { handler: { thrower: {} } }\n"
    "  /late: { handler: { respond: {} }, tools: { recorder: { fail_at: on_end_request, priority: 10 } } }\n";

// A server with an access log, and the lines of it.
class AccessLog : public ::testing::Test {
 protected:
  static std::string yaml(std::string_view options) {
    return loopback("logs: { access: { to: access.log } }\nserver: { loops: 1, drain: 100ms }\ntools: { accesslog: " +
                    std::string(options) + " }\n" + paths);
  }
  // The lines, once the server has ended.
  static std::vector<std::string> lines(Server& server) {
    EXPECT_EQ(server.stop(), 0) << server.log();
    std::istringstream text(contents_of(server.folder() / "access.log"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
  // What is written of one message.
  static std::string line_of(const std::string& raw, std::string_view options = "{}") {
    Server server(yaml(options));
    Client client(server);
    client.send(raw);
    client.shutdown_write();
    client.read_to_end();
    const auto all = lines(server);
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? "" : all.front();
  }
};

constexpr auto start = R"(127\.0\.0\.1 - - \[[0-9]+/[A-Z][a-z]+/[0-9]+:[0-9:]+ [+-][0-9]+\] )";

TEST_F(AccessLog, WritesTheCombinedFormatOfNcsa) {
  EXPECT_THAT(
      line_of("GET /a%20b?x=1 HTTP/1.1\r\nHost: a\r\nReferer: https://b.example/c?d\r\nUser-Agent: curl/8.5 (x; "
              "y)\r\n\r\n"),
      MatchesRegex(std::string(start) +
                   R"~("GET /a%20b\?x=1 HTTP/1\.1" 200 5 "https://b\.example/c\?d" "curl/8\.5 \(x; y\)")~"));
}

TEST_F(AccessLog, WritesHyphensForWhatIsNotThere) {
  EXPECT_THAT(line_of("HEAD / HTTP/1.0\r\n\r\n"),
              MatchesRegex(std::string(start) + R"("HEAD / HTTP/1\.0" 200 - "-" "-")"));
}

TEST_F(AccessLog, WritesOneLinePerRequestInOrder) {
  Server server(yaml("{}"));
  Client client(server);
  std::string all;
  for (int request = 0; request < 100; ++request) {
    all += "GET /" + std::to_string(request) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  client.send(all);
  for (int request = 0; request < 100; ++request) EXPECT_EQ(client.read().status, 200);
  const auto written = lines(server);
  ASSERT_EQ(written.size(), 100u);
  for (std::size_t request = 0; request < 100; ++request) {
    EXPECT_THAT(written[request], HasSubstr("\"GET /" + std::to_string(request) + " HTTP/1.1\" 200 5 "));
  }
}

TEST_F(AccessLog, CountsBytesOfTheBodyWithoutItsFraming) {
  EXPECT_THAT(line_of("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("\" 200 1048576 \""));
}

TEST_F(AccessLog, HasErrorsToo) {
  EXPECT_THAT(line_of("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("\"GET /throw HTTP/1.1\" 500 "));
  EXPECT_THAT(line_of("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("\"TRACE / HTTP/1.1\" 405 "));
}

TEST_F(AccessLog, HasMessagesThatWereRefused) {
  EXPECT_THAT(line_of("\x16\x03\x01 what is this\r\n\r\n"),
              MatchesRegex(std::string(start) + R"(".*" 400 [0-9]+ "-" "-")"));
  EXPECT_THAT(line_of("GET / HTTP/1.1\r\n\r\n"), HasSubstr("\"GET / HTTP/1.1\" 400 "));
  EXPECT_THAT(line_of("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("\"GET /%00 HTTP/1.1\" 400 "));
}

TEST_F(AccessLog, IsWrittenAlthoughAnotherToolFailed) {
  EXPECT_THAT(line_of("GET /late HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("\"GET /late HTTP/1.1\" 200 "));
}

TEST_F(AccessLog, IsOffWhereThePathSaysSo) {
  Server server(yaml("{}"));
  EXPECT_EQ(get(server, "/quiet").status, 200);
  EXPECT_EQ(lines(server).size(), 0u);
}

TEST_F(AccessLog, TellsAClientThatLeftBeforeItsAnswer) {
  Server server(yaml("{ format: json }"));
  Client client(server);
  client.send("GET /forever HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("forever: suspended");
  client.reset();
  server.wait_for_log("forever: destroyed");
  EXPECT_THAT(lines(server).at(0), HasSubstr(R"("status":499,"complete":false,"bytes":0,)"));
}

TEST_F(AccessLog, TellsAClientThatLeftInTheMidstOfItsAnswer) {
  Server server(yaml("{ format: json }"));
  Client client(server);
  client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  client.read_exactly(200'000);
  client.reset();
  server.wait_for_log("ticker: destroyed");
  EXPECT_THAT(lines(server).at(0), MatchesRegex(R"(.*"status":200,"complete":false,"bytes":[0-9]{5,9},.*)"));
}

TEST_F(AccessLog, LetsNoClientForgeALineOrAField) {
  const auto line =
      line_of("GET /\" HTTP/1.1\r\nHost: a\r\nReferer: \" 200 5\\ \"x\"\r\nUser-Agent: a\tb\xc3\xa9\xff\r\n\r\n");
  EXPECT_THAT(line, HasSubstr(R"("\x22 200 5\x5C \x22x\x22" "a\x09b\xC3\xA9\xFF")"));
  EXPECT_EQ(std::count(line.begin(), line.end(), '"'), 6);
}

TEST_F(AccessLog, WritesJsonThatAnybodyCanRead) {
  const auto line = line_of("GET /a?b HTTP/1.1\r\nHost: Example.org:80\r\nUser-Agent: \"\\\t\xc3\xa9\xff\r\n\r\n",
                            "{ format: json }");
  const std::string script =
      "import json, sys\n"
      "line = json.load(sys.stdin)\n"
      "assert set(line) == {'time', 'id', 'client', 'scheme', 'method', 'target', 'protocol', 'host', 'status', "
      "'complete',"
      " 'bytes', 'seconds', 'referer', 'user_agent'}, line\n"
      "assert line['client'] == '127.0.0.1' and line['scheme'] == 'http' and line['method'] == 'GET', line\n"
      "assert line['target'] == '/a?b' and line['protocol'] == 'HTTP/1.1' and line['host'] == 'example.org', line\n"
      "assert line['status'] == 200 and line['complete'] is True and line['bytes'] == 5, line\n"
      "assert 0 <= line['seconds'] < 60 and line['referer'] is None, line\n"
      "assert line['user_agent'] == '\"\\\\\\t\\u00e9\\\\xFF', line\n";
  Process python({"python3", "-c", script}, {.folder = {}, .environment = {}, .input = line});
  EXPECT_EQ(python.wait(), 0) << python.output().errors;
}

TEST_F(AccessLog, NamesTheRequestAsTheErrorLogDoes) {
  Server server(yaml("{ format: json }"));
  EXPECT_EQ(get(server, "/throw").status, 500);
  const auto id = server.wait_for_line("error request ").substr(0, 3);
  EXPECT_THAT(lines(server).at(0), HasSubstr("\"id\":\"" + id + "\""));
}

TEST_F(AccessLog, MasksWhatIsSecret) {
  const std::string raw =
      "GET /a?TOKEN=hush&x=1&pin=1234&tok%65n=hush HTTP/1.1\r\nHost: a\r\nReferer: https://a/?password=hush\r\n"
      "Cookie: sid=hush\r\n"
      "Authorization: Basic aHVzaA==\r\n\r\n";
  for (const std::string format : {"combined", "json"}) {
    const auto line = line_of(raw, "{ format: " + format + " }");
    EXPECT_THAT(line, AllOf(HasSubstr("/a?TOKEN=***&x=1&pin=1234&tok%65n=***"), HasSubstr("https://a/?password=***")));
    EXPECT_THAT(line, AllOf(Not(HasSubstr("hush")), Not(HasSubstr("aHVzaA"))));
  }
  EXPECT_THAT(line_of(raw, "{ mask: [PIN] }"), HasSubstr("/a?TOKEN=hush&x=1&pin=***&tok%65n=hush"));
}

TEST_F(AccessLog, HoldsTheLongestLine) {
  const std::string eights(8000, '\xff');
  const auto line = line_of("GET /" + std::string(8000, 'x') + " HTTP/1.1\r\nHost: a\r\nReferer: " + eights +
                                "\r\nUser-Agent: " + eights + "\r\n\r\n",
                            "{ format: json }");
  EXPECT_THAT(line, AllOf(StartsWith("{"), HasSubstr(std::string(8000, 'x')), HasSubstr("...\",\"user_agent\":")));
  EXPECT_EQ(line.substr(line.size() - 5), "...\"}");
}

TEST_F(AccessLog, NamesClientsOfUnixSockets) {
  Server server(
      "version: 1\nlisteners: { local: { bind: \"unix:socket\" } }\n"
      "logs: { access: { to: access.log } }\ntools: { accesslog: {} }\npaths: { /: { handler: { respond: {} } } }\n");
  Client client(server.socket_path());
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  client.close();
  EXPECT_THAT(lines(server).at(0), StartsWith("unix: - - ["));
}

TEST_F(AccessLog, WritesToTheLogThatItNames) {
  Server server(
      loopback("logs: { access: { to: access.log }, audit: { to: audit.log } }\ntools: { accesslog: {} }\n"
               "paths:\n  /a: { handler: { respond: {} } }\n"
               "  /b: { handler: { respond: {} }, tools: { accesslog: { log: audit } } }\n"));
  EXPECT_EQ(get(server, "/a").status, 200);
  EXPECT_EQ(get(server, "/b").status, 200);
  const auto access = lines(server);
  ASSERT_EQ(access.size(), 1u);
  EXPECT_THAT(access[0], HasSubstr("\"GET /a "));
  EXPECT_THAT(contents_of(server.folder() / "audit.log"), HasSubstr("\"GET /b "));
}

TEST_F(AccessLog, NeedsADeclaredLog) {
  const auto said = refusal("tools: { accesslog: {} }\npaths: { /: { handler: { respond: {} } } }\n");
  EXPECT_THAT(said,
              HasSubstr("no log 'access' is declared: write logs: { access: { to: /var/log/kirsch/access.log } }"));
  EXPECT_THAT(said, HasSubstr("kirsch.yaml:3:10"));
  EXPECT_THAT(refusal("logs: { access: { to: ./x } }\ntools: { accesslog: { log: acess } }\npaths: { /: {} }\n"),
              AllOf(HasSubstr("no log 'acess' is declared"), HasSubstr("kirsch.yaml:4:28")));
}

}  // namespace
}  // namespace kirsch::test
