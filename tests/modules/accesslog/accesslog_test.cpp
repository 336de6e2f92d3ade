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
      " 'route', 'handler', 'bytes', 'seconds', 'referer', 'user_agent'}, line\n"
      "assert line['client'] == '127.0.0.1' and line['scheme'] == 'http' and line['method'] == 'GET', line\n"
      "assert line['target'] == '/a?b' and line['protocol'] == 'HTTP/1.1' and line['host'] == 'example.org', line\n"
      "assert line['status'] == 200 and line['complete'] is True and line['bytes'] == 5, line\n"
      "assert line['route'] == '/' and line['handler'] == 'respond', line\n"
      "assert 0 <= line['seconds'] < 60 and line['referer'] is None, line\n"
      "assert line['user_agent'] == '\"\\\\\\t\\u00e9\\\\xFF', line\n";
  Process python({"python3", "-c", script}, {.folder = {}, .environment = {}, .input = line});
  EXPECT_EQ(python.wait(), 0) << python.output().errors;
}

// `format` as YAML has it in single quotes.
std::string own(std::string_view format) { return "{ format: '" + std::string(format) + "' }"; }

TEST_F(AccessLog, WritesAFormatOfOnesOwn) {
  const auto line =
      line_of("GET /a?b HTTP/1.1\r\nHost: Example.org:80\r\nReferer: /r?token=x\r\nUser-Agent: a b\r\n\r\n",
              own(R"({time} {time_local}|{id}|{client}|{listener}|{scheme}|{host}|{method}|{target}|{protocol}|)"
                  R"("{request}"|{status}|{complete}|{bytes}|{clf_bytes}|{seconds}|"{referer}"|"{user_agent}"|)"
                  R"({route}|{handler}|{tools}|{{literal}})"));
  EXPECT_THAT(line,
              MatchesRegex(R"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z )"
                           R"([0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4}\|0-1\|127\.0\.0\.1\|main\|http\|)"
                           R"(example\.org\|GET\|/a\?b\|HTTP/1\.1\|"GET /a\?b HTTP/1\.1"\|200\|true\|5\|5\|)"
                           R"([0-9]+\.[0-9]{6}\|"/r\?token=\*\*\*"\|"a b"\|/\|respond\|accesslog\|\{literal\})"));
}

TEST_F(AccessLog, LetsNoClientShiftTheFieldsOfAFormatOfOnesOwn) {
  const std::string raw = "GET /a,b;c HTTP/1.1\r\nHost: a\r\nUser-Agent: a b\"c\\d,e;f|g\r\n\r\n";
  EXPECT_EQ(line_of(raw, own("{user_agent} {target}")), R"(a\x20b\x22c\x5Cd,e;f|g /a,b;c)");
  EXPECT_EQ(line_of(raw, own("{target},{user_agent}")), R"(/a\x2Cb;c,a\x20b\x22c\x5Cd\x2Ce;f|g)");
  EXPECT_EQ(line_of(raw, own(R"("{user_agent}";"{target}")")), R"("a b\x22c\x5Cd,e;f|g";"/a,b;c")");
  EXPECT_EQ(line_of(raw, own("{referer} {route}")), "- /");
}

TEST_F(AccessLog, NamesWhereTheConfigurationLedARequest) {
  const auto where = [](const std::string& yaml, const std::string& raw) {
    Server server(loopback("logs: { access: { to: access.log } }\n" + yaml));
    Client client(server);
    client.send(raw);
    client.shutdown_write();
    client.read_to_end();
    return lines(server).at(0);
  };
  const std::string tools =
      "tools: { accesslog: { format: '{status} {route} {handler} {tools}' }, secureheaders: {} }\n";
  const auto yaml = tools +
                    "paths:\n  /users/{id}: { handler: { respond: {} }, tools: { response_headers: {} } }\n"
                    "  /docs/: { handler: { respond: {} } }\n  /bare: { tools: { secureheaders: off } }\n";
  const auto get = [](const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"; };
  EXPECT_EQ(where(yaml, get("/users/7")), "200 /users/{id} respond accesslog+secureheaders+response_headers");
  EXPECT_EQ(where(yaml, get("/docs/a/b")), "200 /docs/ respond accesslog+secureheaders");
  EXPECT_EQ(where(yaml, get("/docs")), "308 /docs/ - accesslog+secureheaders");
  EXPECT_EQ(where(yaml, get("/bare")), "404 /bare - accesslog");
  EXPECT_EQ(where(yaml, get("/none")), "404 - - accesslog+secureheaders");
  EXPECT_EQ(where(yaml, "no request\r\n\r\n"), "400 - - accesslog+secureheaders");
  const auto sites = tools + "sites: [ { hosts: [a.example], paths: { /: { handler: { respond: {} } } } } ]\n";
  EXPECT_EQ(where(sites, get("/")), "421 - - accesslog+secureheaders");
}

TEST_F(AccessLog, SaysWhatIsWrongWithAFormat) {
  const auto refused = [](std::string_view format) {
    return refusal("logs: { access: { to: ./x } }\ntools:\n  accesslog:\n    format: '" + std::string(format) +
                   "'\npaths: { /: {} }\n");
  };
  EXPECT_THAT(
      refused("{client} {statsu}"),
      AllOf(HasSubstr("kirsch.yaml:6:13"), HasSubstr("no placeholder {statsu} as at character 10"),
            HasSubstr("did you mean {status}?"), HasSubstr("there are {bytes}, {clf_bytes}, {client}, {complete}"),
            HasSubstr("{tools}, {user_agent}")));
  EXPECT_THAT(refused("{client} {nonsense}"), Not(HasSubstr("did you mean")));
  EXPECT_THAT(refused("combnied"), AllOf(HasSubstr("'combnied' is neither combined, json nor a text with placeholders"),
                                         HasSubstr("did you mean combined?")));
  EXPECT_THAT(refused("{client} {status"), HasSubstr("the placeholder at character 10 has no }"));
  EXPECT_THAT(refused("{client} status}"), HasSubstr("the } at character 16 ends no placeholder"));
  EXPECT_THAT(refused("{client}\xc3\xa9"), HasSubstr("printable ASCII only, unlike the byte at character 9"));
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
