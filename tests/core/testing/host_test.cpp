// A server without sockets: what tests of modules meet is what clients of a server would.
#include <gmock/gmock.h>
#include <kirsch/testing.h>

#include <fstream>

#include "support/fixtures/pattern.h"
#include "support/folder.h"

namespace kirsch::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// What it throws.
template <class Error>
std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(Host, runs_one_handler) {
  Host host("paths: { /: { handler: { respond: { body: Hi! } } } }");
  const auto answer = host.get("/");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "Hi!");
  EXPECT_EQ(answer.header("content-type"), "text/plain; charset=utf-8");
  EXPECT_TRUE(answer.has("Content-Length"));
  EXPECT_FALSE(answer.has("Transfer-Encoding"));
}

TEST(Host, runs_a_whole_pipeline_as_it_is_merged) {
  Host host(R"(
    tools: { secureheaders: { frame_options: DENY } }
    pipelines:
      traced: { request_id: {} }
    paths:
      /: { handler: { respond: { body: root } } }
      /deep/: { handler: { respond: { body: deep } }, tools: { use: [traced], secureheaders: off } }
  )");
  EXPECT_EQ(host.get("/").header("X-Frame-Options"), "DENY");
  EXPECT_FALSE(host.get("/").has("X-Request-Id"));
  const auto deep = host.get("/deep/er");
  EXPECT_EQ(deep.body, "deep");
  EXPECT_FALSE(deep.has("X-Frame-Options"));
  EXPECT_TRUE(deep.has("X-Request-Id"));
}

TEST(Host, shows_a_module_the_request_that_the_test_made) {
  Host host("paths: { /: { handler: { inspect: {} } } }");
  const auto body = host.request({.method = "POST",
                                  .target = "/a?b=c",
                                  .headers = {{"Host", "example.org"}, {"Cookie", "d=e"}},
                                  .body = "text",
                                  .client = "2001:db8::7",
                                  .secure = true})
                        .body;
  for (const auto* fact : {"method: POST\n", "path: /a\n", "query: b=c\n", "host: example.org\n", "cookie: d=e\n",
                           "body: text\n", "scheme: https\n", "peer family: 6\n", "20010db8000000000000000000000007"})
    EXPECT_THAT(body, HasSubstr(fact));
  EXPECT_THAT(host.get("/").body, HasSubstr("peer address: 00000000000000000000ffffc0000201"));
  EXPECT_THROW(host.request({.client = "somebody"}), std::invalid_argument);
}

TEST(Host, refuses_what_check_refuses_in_the_same_words) {
  const auto text = refusal<Refused>([] { const Host host("paths:\n  /: { handler: { respnd: { body: Hi! } } }"); });
  EXPECT_THAT(text, StartsWith("error[C012]: unknown handler 'respnd'\n  --> test.yaml:2:19\n"));
  EXPECT_THAT(text, HasSubstr("^^^^^^ did you mean 'respond'?"));
  EXPECT_THAT(refusal<Refused>([] { const Host host("paths: { /: { handler: { respond: { status: many } } } }"); }),
              HasSubstr("test.yaml:1:45"));
  EXPECT_THAT(refusal<Refused>([] { const Host host("paths: ["); }), HasSubstr("test.yaml:1"));
}

TEST(Host, refuses_plugins_that_change_the_process) {
  EXPECT_THAT(
      refusal<Refused>([] { const Host host("engine: { early: {} }\npaths: { /: { handler: { echo: {} } } }"); }),
      HasSubstr("the plugin 'early' is of phase early"));
}

TEST(Host, reads_files_as_the_server_does) {
  const test::TemporaryFolder folder;
  folder.write("part.yaml", "paths: { /: { handler: { static: { root: . } } } }\n");
  folder.write("page.txt", "from a file\n");
  const auto file =
      folder.write("whole.yaml", "version: 1\ninclude: [part.yaml]\nlisteners: { web: { bind: \"[::1]:1\" } }\n");
  auto host = Host::from_file(file);
  EXPECT_EQ(host.get("/page.txt").body, "from a file\n");
  EXPECT_THAT(refusal<Refused>([&] { const Host snippet("include: [" + file.string() + "]"); }),
              HasSubstr("only a file can include others"));
}

TEST(Host, answers_errors_with_the_pages_of_the_server) {
  Host host(R"(
    tools: { secureheaders: {} }
    paths: { /known: { handler: { thrower: {} } } }
  )");
  const auto unknown = host.get("/unknown", {{"Accept", "application/json"}});
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.header("Content-Type"), "application/json");
  EXPECT_TRUE(unknown.has("X-Frame-Options"));
  EXPECT_EQ(host.get("/known").status, 500);
  EXPECT_THAT(host.log(), ::testing::Contains(StartsWith("error ")));
}

TEST(Host, takes_bodies_as_they_arrive) {
  Host host("paths: { /: { handler: { sink: { refuse_after: 64KiB } } } }");
  const std::string body(50'000, 'x');
  EXPECT_EQ(host.post("/", body).body, "50000 " + std::to_string(test::hashed(body)));
  EXPECT_THAT(host.log(), ElementsAre("info sink: sink: 7 pieces"));
  EXPECT_EQ(host.post("/", body + body).status, 403);
}

TEST(Host, spools_large_bodies) {
  Host host("server: { limits: { body_memory: 16KiB } }\npaths: { /: { handler: { mirror: {} } } }");
  const std::string body(200'000, 'x');
  EXPECT_EQ(host.post("/", body).body, body);
}

TEST(Host, answers_what_a_handler_streams) {
  Host host(R"(
    paths:
      /: { handler: { ticker: { size: 1MiB } } }
      /broken: { handler: { ticker: { size: 1MiB, break_after: 100KiB } } }
  )");
  const auto answer = host.get("/");
  EXPECT_EQ(answer.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(answer.body.size(), 1U << 20);
  EXPECT_TRUE(test::follows_pattern(answer.body, 0));
  EXPECT_THAT(refusal<std::runtime_error>([&] { host.get("/broken"); }), StartsWith("GET /broken: the server has cut"));
}

TEST(Host, waits_for_blocking_steps) {
  Host host(R"(
    paths:
      /nap: { handler: { nap: {} } }
      /inspect: { handler: { inspect_blocking: {} } }
  )");
  EXPECT_EQ(host.get("/nap").status, 200);
  EXPECT_THAT(host.get("/inspect").body, HasSubstr("lane: valid"));
}

TEST(Host, waits_for_threads_of_modules_when_it_is_told_to) {
  Host host("paths: { /: { handler: { stranger: {} } } }");
  auto pending = host.begin({});
  while (!pending.done()) ASSERT_TRUE(host.wait(10s));
  EXPECT_EQ(pending.response().body, "from afar\n");
  EXPECT_FALSE(host.wait(1ms));
}

TEST(Host, reads_no_body_where_there_is_none) {
  Host host("paths: { /: { handler: { respond: { body: Hi! } } }, /empty: { handler: { respond: { status: 204 } } } }");
  const auto head = host.request({.method = "HEAD"});
  EXPECT_EQ(head.header("Content-Length"), "3");
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(host.get("/empty").status, 204);
}

TEST(Host, leaves_time_to_the_test) {
  Host host("paths: { /: { handler: { respond: { body: late } }, tools: { delay: { time: 1h } } } }");
  auto pending = host.begin({});
  host.advance(59min);
  EXPECT_FALSE(pending.done());
  EXPECT_EQ(pending.status(), 0);
  EXPECT_THAT(refusal<Waiting>([&] { pending.response(); }), HasSubstr("GET / has no complete answer"));
  host.advance(1min);
  ASSERT_TRUE(pending.done());
  EXPECT_EQ(pending.response().header("X-Delayed"), "same lane");
  EXPECT_EQ(pending.response().body, "late") << "as often as it is asked";
}

TEST(Host, says_what_a_request_waits_for) {
  Host host("paths: { /: { handler: { respond: {} }, tools: { delay: { time: 5s } } } }");
  EXPECT_THAT(refusal<Waiting>([&] { host.get("/"); }), HasSubstr("the next timer is due in 5s"));
}

TEST(Host, loses_clients_that_the_test_drops) {
  Host host("paths: { /: { handler: { forever: {} } } }");
  auto pending = host.begin({});
  EXPECT_FALSE(pending.done());
  pending.disconnect();
  EXPECT_FALSE(pending.done());
  EXPECT_THAT(refusal<std::runtime_error>([&] { pending.response(); }), HasSubstr("the test has disconnected"));
}

TEST(Host, outlives_no_request_and_needs_none_to_outlive_it) {
  std::optional<Pending> pending;
  {
    Host host("paths: { /: { handler: { forever: {} } } }");
    pending.emplace(host.begin({}));
  }
  EXPECT_FALSE(pending->done());
}

TEST(Host, keeps_sessions_until_their_time_is_over) {
  Host host(R"(
    tools: { sessions: { storage: { memory: {} }, secure: auto, timeout: 30m, absolute_timeout: off } }
    paths: { /: { handler: { visitor: {} } } }
  )");
  const auto first = host.get("/?count");
  EXPECT_EQ(first.body, "new\nn=1\n");
  const Headers known{{"Cookie", first.cookies()}};
  EXPECT_EQ(host.get("/?count", known).body, "old\nn=2\n");
  host.advance(29min);
  EXPECT_EQ(host.get("/?count", known).body, "old\nn=3\n");
  EXPECT_EQ(host.get("/?count").body, "new\nn=1\n") << "somebody else";
  host.advance(31min);
  EXPECT_EQ(host.get("/?count", known).body, "new\nn=1\n");
}

TEST(Host, tells_modules_the_time_of_the_test_by_every_clock) {
  Host host("paths: { /: { handler: { respond: {} } } }");
  const auto begin = host.get("/").header("Date");
  EXPECT_EQ(host.get("/").header("Date"), begin);
  const auto before = std::chrono::system_clock::now();
  host.advance(24h);
  EXPECT_NE(host.get("/").header("Date").substr(0, 3), begin.substr(0, 3)) << "another day of the week";
  EXPECT_LT(std::chrono::system_clock::now() - before, 12h) << "the test's own clock is the machine's";
}

TEST(Host, keeps_all_logs_in_memory) {
  Host host(R"(
    logs:
      error: { to: /nowhere/error.log, level: debug }
      access: { to: /nowhere/access.log }
    tools: { accesslog: { log: access } }
    paths: { /: { handler: { respond: {} } } }
  )");
  host.get("/seen");
  EXPECT_THAT(host.log("access"), ElementsAre(HasSubstr("GET /seen")));
  EXPECT_THROW(host.log("other"), std::invalid_argument);
}

TEST(Host, starts_and_stops_plugins) {
  Host host(R"(
    engine: { hearer: { channels: [ready, graceful, weather] } }
    paths: { /: { handler: { heard: {} } } }
  )");
  EXPECT_EQ(host.get("/").body, "ready: \n");
  host.publish("weather", "rain");
  EXPECT_EQ(host.get("/").body, "ready: \nweather: rain\n");
  host.stop();
  EXPECT_THROW(host.get("/"), std::logic_error);
}

TEST(Host, has_neighbours_in_one_test) {
  Host one("paths: { /: { handler: { respond: { body: one } } } }");
  Host two("paths: { /: { handler: { respond: { body: two } }, tools: { delay: { time: 1s } } } }");
  auto pending = two.begin({});
  one.advance(1min);
  EXPECT_FALSE(pending.done()) << "each has a clock of its own";
  EXPECT_EQ(one.get("/").body, "one");
  two.advance(1s);
  EXPECT_EQ(pending.response().body, "two");
  Host moved = std::move(one);
  EXPECT_EQ(moved.get("/").body, "one");
}

}  // namespace
}  // namespace kirsch::testing
