// A whole configuration, its defaults, and how many errors are told at once.
#include "config/configuration.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "folder.h"
#include "sample.h"

namespace kirsch::config {
namespace {

using namespace std::chrono_literals;

TEST(Configuration, HasTheDefaultsOfTheReference) {
  const Configuration made = compiled("paths: {}\n");
  EXPECT_EQ(made.server.loops, std::nullopt);
  EXPECT_EQ(made.server.workers, 32U);
  EXPECT_EQ(made.server.drain, 30s);
  EXPECT_EQ(made.server.state, std::nullopt);
  EXPECT_FALSE(made.server.allow_root);
  EXPECT_EQ(made.server.driver, DriverChoice::automatic);
  const LimitSettings& limits = made.server.limits;
  EXPECT_EQ(limits.method, 32U);
  EXPECT_EQ(limits.head_time, 10s);
  EXPECT_EQ(limits.header_block, 32U * 1024);
  EXPECT_EQ(limits.header_field, 8U * 1024);
  EXPECT_EQ(limits.header_count, 100U);
  EXPECT_EQ(limits.uri, 8U * 1024);
  EXPECT_EQ(limits.body, 1024U * 1024);
  EXPECT_EQ(limits.body_memory, 64U * 1024);
  EXPECT_EQ(limits.spool, 1ULL << 30);
  EXPECT_EQ(limits.body_idle, 30s);
  EXPECT_EQ(limits.body_rate, 500U);
  EXPECT_EQ(limits.write_idle, 30s);
  EXPECT_EQ(limits.keep_alive, 15s);
  EXPECT_EQ(limits.keep_alive_requests, 1000U);
  EXPECT_EQ(limits.keep_alive_life, 1h);
  EXPECT_EQ(limits.output_queue, 256U * 1024);
  EXPECT_EQ(limits.connections, 10000U);
  EXPECT_EQ(limits.client_connections, 256U);
  EXPECT_FALSE(limits.loopback_counts);
  EXPECT_EQ(limits.handler_time, 30s);
  EXPECT_EQ(limits.worker_queue, 1024U);
  EXPECT_EQ(limits.log_queue, 8U * 1024 * 1024);
  EXPECT_EQ(made.logs.error.kind, base::LogTarget::Kind::standard_error);
  EXPECT_TRUE(made.logs.named.empty());
  EXPECT_EQ(made.logs.level, base::Level::info);
  EXPECT_TRUE(made.plugins.path.empty());
  EXPECT_TRUE(made.engine.empty());
  ASSERT_EQ(made.sites.size(), 1U);
  EXPECT_EQ(made.sites[0].hosts[0].name, "default");
  EXPECT_EQ(made.sites[0].listeners, std::vector<std::size_t>{0});
}

// The page that people copy from says every limit, as it is.
TEST(Configuration, HasTheDefaultsOfTheExample) {
  const auto document = Document::from_file(std::filesystem::path(KIRSCH_SOURCE_DIR) / "config/limits.yaml");
  const Node& server = *document.root().value("server");
  EXPECT_EQ(server.value("drain")->text, "30s");
  for (const base::Option& option : server_options()) {
    if (option.name != "limits") continue;
    const Node& limits = *server.value("limits");
    for (const base::Option& limit : option.schema.options) {
      const Node* written = limits.value(limit.name);
      ASSERT_NE(written, nullptr) << limit.name;
      EXPECT_EQ(written->text, *limit.default_text) << limit.name;
    }
    EXPECT_EQ(limits.entries.size(), option.schema.options.size());
  }
}

TEST(Configuration, ReadsNumbers) {
  const auto ratio = [](const std::string& text) {
    const auto made = compiled("tools: { throttle: { ratio: " + text + " } }\npaths: {}\n");
    const auto& values = std::get<base::Structure>(tool_of(path_of(made, "/"), "throttle")->options->data).values;
    return std::get<double>(values[0].data);
  };
  EXPECT_EQ(ratio("0.25"), 0.25);
  EXPECT_EQ(ratio("2"), 2.0);
  EXPECT_EQ(ratio("-1.5e-1"), -0.15);
  EXPECT_EQ(ratio("\"0.5\""), 0.5);
}

TEST(Configuration, WarnsOfAListenerOnWhichNoSiteAnswers) {
  const auto made = compile(document_of("version: 1\nlisteners: { a: { bind: \"[::]:0\" }, b: { bind: \"[::]:0\" } }\n"
                                        "sites: [{ hosts: [x.example], listeners: [b], paths: {} }]\n"),
                            SampleCatalogue());
  ASSERT_EQ(made.warnings.size(), 1U);
  EXPECT_EQ(made.warnings[0].code, "C040");
  EXPECT_EQ(made.warnings[0].message, "no site answers on listener 'a'");
  EXPECT_EQ(made.warnings[0].position->column, 14U);
}

TEST(Configuration, WarnsOfATildeThatIsNoHome) {
  const auto made = compiled("paths: { /: { handler: { static: { root: ~/www } } } }\n");
  ASSERT_EQ(made.warnings.size(), 1U);
  EXPECT_EQ(made.warnings[0].help, "write ${HOME}/www");
  EXPECT_EQ(spelled(*path_of(made, "/").handler->options), "(/etc/kirsch/~/www)");
}

TEST(Configuration, RefusesMoreThanSixtyFourCombinationsOfAlternatives) {
  const auto alternatives = [](const std::string& path, int count) {
    std::string text = "  " + path + ":\n";
    for (int number = 0; number < count; ++number)
      text += "    - { match: { headers: { X-" + std::to_string(number) + ": a } } }\n";
    return text;
  };
  const std::string head = "version: 1\nlisteners: { a: { bind: \"[::]:0\" } }\npaths:\n" + alternatives("/a/", 8);
  EXPECT_TRUE(faults(head + alternatives("/a/b", 8)).empty());
  const auto found = faults(head + alternatives("/a/b", 9));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "C003");
  EXPECT_EQ(found[0].position->line, 13U);
  EXPECT_NE(found[0].message.find("more than 64 combinations"), std::string::npos);
}

TEST(Configuration, ReadsEverySection) {
  const Configuration made = compile(document_of(R"(
version: 1
plugins: { path: [plugins, /usr/lib/kirsch], owners: [deploy] }
server: { loops: 4, workers: 8, drain: 150ms, state: state, allow_root: true, driver: epoll,
          limits: { body: 2GiB, log_queue: 1MiB } }
engine:
  pidfile: { path: run.pid, priority: 71 }
  signals: off
listeners:
  plain: { bind: "[0::0]:0" }
  local: { bind: "unix:web.sock" }
logs: { error: { to: error.log, level: warning }, access: { to: syslog }, audit-2: { to: ./trail } }
sites:
  - hosts: [WWW.Example.Org., "*.example.org", "[0::1]", "[::FFFF:192.0.2.1]"]
    listeners: [local]
    paths: { /: { handler: { websocket: { app: { chat: {} } } } } }
  - paths: {}
)"),
                                     SampleCatalogue());
  ASSERT_EQ(made.plugins.path.size(), 2U);
  EXPECT_EQ(made.plugins.path[0].path, "/etc/kirsch/plugins");
  EXPECT_EQ(made.plugins.path[0].origin.line, 3U);
  ASSERT_EQ(made.plugins.owners.size(), 1U);
  EXPECT_EQ(made.plugins.owners[0].name, "deploy");
  EXPECT_EQ(made.plugins.owners[0].origin.line, 3U);
  EXPECT_EQ(made.server.loops, 4U);
  EXPECT_EQ(made.server.drain, 150ms);
  EXPECT_EQ(made.server.state, "/etc/kirsch/state");
  EXPECT_TRUE(made.server.allow_root);
  EXPECT_EQ(made.server.driver, DriverChoice::epoll);
  EXPECT_EQ(made.server.limits.body, 2ULL << 30);
  ASSERT_EQ(made.engine.size(), 1U);
  EXPECT_EQ(made.engine[0].priority, 71);
  EXPECT_EQ(spelled(made.engine[0].options), "(/etc/kirsch/run.pid)");
  ASSERT_EQ(made.listeners.size(), 2U);
  EXPECT_EQ(made.listeners[0].bind, "[::]:0");
  EXPECT_EQ(made.listeners[1].bind, "unix:/etc/kirsch/web.sock");
  EXPECT_EQ(made.logs.error.path, "/etc/kirsch/error.log");
  EXPECT_EQ(made.logs.error.origin.line, 12U);
  EXPECT_EQ(made.logs.level, base::Level::warning);
  EXPECT_EQ(made.logs.queue, 1U << 20);
  ASSERT_EQ(made.logs.named.size(), 2U);
  EXPECT_EQ(made.logs.named[0].name, "access");
  EXPECT_EQ(made.logs.named[0].target.kind, base::LogTarget::Kind::syslog);
  EXPECT_EQ(made.logs.named[1].name, "audit-2");
  EXPECT_EQ(made.logs.named[1].target.path, "/etc/kirsch/trail");
  ASSERT_EQ(made.sites.size(), 2U);
  EXPECT_EQ(made.sites[0].hosts[0].name, "www.example.org");
  EXPECT_EQ(made.sites[0].hosts[2].name, "[::1]");
  EXPECT_EQ(made.sites[0].hosts[3].name, "[::ffff:192.0.2.1]");
  EXPECT_EQ(made.sites[0].listeners, std::vector<std::size_t>{1});
  EXPECT_EQ(made.sites[1].listeners.size(), 2U);
  EXPECT_EQ(spelled(*path_of(made, "/").handler->options), "(chat(50))");
}

TEST(Configuration, ReadsWhoMayConnectToAUnixSocket) {
  const auto made = compile(document_of(R"(version: 1
listeners:
  usual: { bind: "unix:usual.sock" }
  open: { bind: "unix:open.sock", mode: 666 }
  given: { bind: "unix:given.sock", mode: "0620", owner: root, group: 33 }
  kept: { bind: "unix:kept.sock", owner: off, group: off }
  port: { bind: "127.0.0.1:80", group: off }
paths: {}
)"),
                            SampleCatalogue());
  ASSERT_EQ(made.listeners.size(), 5U);
  EXPECT_EQ(made.listeners[0].access.mode, 0660U);
  EXPECT_EQ(made.listeners[1].access.mode, 0666U);
  EXPECT_EQ(made.listeners[2].access.mode, 0620U);
  EXPECT_EQ(made.listeners[2].access.owner, 0U);
  EXPECT_EQ(made.listeners[2].access.group, 33U);
  for (const std::size_t at : {0U, 1U, 3U, 4U}) {
    EXPECT_FALSE(made.listeners[at].access.owner.has_value());
    EXPECT_FALSE(made.listeners[at].access.group.has_value());
  }
}

TEST(Configuration, KnowsEveryDestinationOfALog) {
  using Kind = base::LogTarget::Kind;
  const std::pair<const char*, Kind> destinations[] = {{"stderr", Kind::standard_error},
                                                       {"syslog", Kind::syslog},
                                                       {"journald", Kind::journald},
                                                       {"/var/log/x", Kind::file}};
  for (const auto& [text, kind] : destinations) {
    const auto made = compiled("logs: { error: { to: " + std::string(text) + " } }\n");
    EXPECT_EQ(made.logs.error.kind, kind);
    EXPECT_EQ(base::text(made.logs.error), text);
  }
}

TEST(Configuration, WarnsOfALogThatIsNearlyTheErrorLog) {
  const auto made = compiled("logs: { eror: { to: stderr } }\n");
  ASSERT_FALSE(made.warnings.empty());
  EXPECT_EQ(made.warnings[0].note, "did you mean 'error'?");
}

TEST(Configuration, GivesThePluginsFirst) {
  EXPECT_EQ(plugin_settings(document_of("plugins: { path: [a] }\nwrong: 1\n")).path[0].path, "/etc/kirsch/a");
  EXPECT_TRUE(plugin_settings(document_of("version: 1\n")).path.empty());
  EXPECT_THROW(plugin_settings(document_of("plugins: { path: a }\n")), base::Refusal);
  EXPECT_THROW(plugin_settings(document_of("")), base::Refusal);
}

TEST(Configuration, TellsAllErrorsInTheOrderOfTheFile) {
  const auto found =
      faults("version: 1\nserver: { workers: no, drain: 3 }\nlisteners: { a: { bind: x } }\ntools: { nobody: {} }\n");
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].position->column, 20U);
  EXPECT_EQ(found[1].position->column, 31U);
  EXPECT_EQ(found[2].position->line, 3U);
  EXPECT_EQ(found[3].position->line, 4U);
  EXPECT_EQ(found[3].source_line, "tools: { nobody: {} }");
}

TEST(Configuration, TellsWarningsBesideErrors) {
  const auto document =
      document_of("version: 1\nlisteners: { a: { bind: x } }\npipelines: { a: {} }\npaths: { /: {} }\n");
  try {
    compile(document, SampleCatalogue());
    ADD_FAILURE() << "nothing is refused";
  } catch (const base::Refusal& refusal) {
    ASSERT_EQ(refusal.diagnostics().size(), 2U);
    EXPECT_EQ(refusal.diagnostics()[0].severity, base::Severity::error);
    EXPECT_EQ(refusal.diagnostics()[1].message, "pipeline 'a' is used nowhere");
    EXPECT_EQ(refusal.diagnostics()[1].severity, base::Severity::warning);
  }
}

TEST(Configuration, TellsAnErrorOnceHoweverManyPathsItReaches) {
  EXPECT_EQ(faults("version: 1\nlisteners: { a: { bind: \"[::]:0\" } }\ntools: { sessions: { timeout: x }, gate: {} }\n"
                   "paths: { /: {}, /a: {}, /b: {} }\n")
                .size(),
            2U);
}

TEST(Configuration, PassesOnWhyAModuleIsRefused) {
  const auto found = faults("version: 1\nlisteners: { a: { bind: \"[::]:0\" } }\ntools: { writable: {} }\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "M204");
  EXPECT_EQ(found[0].exit_code, base::ExitCode::module_refused);
  EXPECT_EQ(found[0].position->line, 3U);
}

TEST(Configuration, ExpandsVariablesInValuesOnlyAndOnce) {
  ::setenv("KIRSCH_TEST_A", "{ x: ${KIRSCH_TEST_B} }", 1);
  ::unsetenv("KIRSCH_TEST_B");
  const Configuration made = compiled(
      "paths: { /: { handler: { respond: { text: \"<${KIRSCH_TEST_A}|${KIRSCH_TEST_B:-none}|$${A}|$5>\" } } } }\n");
  EXPECT_EQ(spelled(*path_of(made, "/").handler->options), "(200, <{ x: ${KIRSCH_TEST_B} }|none|${A}|$5>)");
  ::setenv("KIRSCH_TEST_B", "3", 1);
  EXPECT_EQ(compiled("server: { loops: \"${KIRSCH_TEST_B}\" }\npaths: {}\n").server.loops, 3U);
}

// Told once, where it stands: every listener takes over what it does not say.
TEST(Configuration, TellsAMistakeInTheLimitsOnceHoweverManyListenersHaveLimits) {
  const std::string listeners =
      "listeners: { a: { bind: \"[::]:0\", limits: { body: 1 } }, b: { bind: \"[::]:0\", limits: { uri: 1KiB } } }\n";
  EXPECT_EQ(faults("version: 1\n" + listeners + "server: { limits: { body_idle: x, ury: 1 } }\n").size(), 2U);
  EXPECT_EQ(faults("version: 1\n" + listeners + "server: { limits: { header_block: 1KiB } }\n").size(), 1U);
  const auto own =
      faults("version: 1\nlisteners: { a: { bind: \"[::]:0\", limits: { body: x, header_block: 1KiB } } }\n");
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own[0].position->column, 51U);
  EXPECT_EQ(faults("version: 1\nlisteners: { a: { bind: \"[::]:0\", limits: { header_block: 1KiB } } }\n").size(), 1U);
}

TEST(Configuration, ReadsSecretsFromFilesAndMarksThem) {
  const auto path = std::filesystem::temp_directory_path() / ("kirsch-secret-" + std::to_string(::getpid()));
  std::ofstream(path) << "hush\n";
  ::chmod(path.c_str(), 0604);
  const Configuration made =
      compiled("tools: { gate: { realm: x, users: { a: \"file:" + path.string() + "\", b: plain } } }\npaths: {}\n");
  std::filesystem::remove(path);
  const auto& values = std::get<base::Structure>(tool_of(path_of(made, "/"), "gate")->options->data).values;
  const auto& users = std::get<base::Value::Map>(values[1].data);
  EXPECT_EQ(spelled(users[0].value), "hush");
  EXPECT_TRUE(users[0].value.secret);
  EXPECT_TRUE(users[1].value.secret);
  ASSERT_EQ(made.warnings.size(), 1U);
  EXPECT_EQ(made.warnings[0].code, "C042");
  EXPECT_EQ(made.warnings[0].message, "everybody may read the secret in '" + path.string() + "'");
}

TEST(Configuration, WarnsOfASecretThatAGroupMayReadUnlessItIsForThatGroup) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const Folder folder;
  const auto path = folder.file("secret", "hush\n", 0640);
  const std::string rest = "tools: { gate: { realm: x, users: { a: \"file:" + path.string() + "\" } } }\npaths: {}\n";
  const auto warnings = [&](uid_t owner, gid_t group) {
    EXPECT_EQ(::chown(path.c_str(), owner, group), 0);
    return compiled(rest).warnings;
  };
  const passwd* daemon = ::getpwnam("daemon");
  ASSERT_NE(daemon, nullptr);
  const uid_t user = daemon->pw_uid;
  const gid_t its_own = daemon->pw_gid, staff = ::getgrnam("staff")->gr_gid;
  EXPECT_TRUE(warnings(0, staff).empty()) << "root chose the group";
  EXPECT_TRUE(warnings(user, its_own).empty()) << "the group of that user alone";
  const auto told = warnings(user, staff);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].code, "C042");
  EXPECT_EQ(told[0].message, "group staff may read the secret in '" + path.string() + "'");
  EXPECT_EQ(told[0].help, "chmod g-r " + path.string());
}

TEST(Configuration, WarnsOnceOfSecretsInAFileThatEverybodyMayRead) {
  const std::string text =
      "version: 1\nlisteners: { a: { bind: \"[::]:0\" } }\npaths: {}\n"
      "tools: { gate: { realm: x, users: { v: \"${PATH}\", a: hush, b: hush } } }\n";
  const Folder folder;
  const auto warnings = [&](mode_t mode) {
    return compile(Document::from_file(folder.file("kirsch.yaml", text, mode)), SampleCatalogue()).warnings;
  };
  EXPECT_TRUE(warnings(0640).empty());
  const auto told = warnings(0644);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].code, "C042");
  EXPECT_EQ(told[0].position->column, 54U) << "what comes from a variable does not stand in the file";
  EXPECT_EQ(told[0].source_line, "");
}

TEST(Configuration, NeverShowsASecretThatIsWrong) {
  const auto found = faults(
      "version: 1\nlisteners: { a: { bind: \"[::]:0\" } }\ntools: { gate: { realm: x, users: { a: [hush] } } }\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(text(found[0]).find("hush"), std::string::npos);
}

// Whatever else is wrong near a secret, no message shows it.
TEST(Configuration, NeverShowsASecretThroughTheErrorOfANeighbour) {
  for (const char* tools : {
           "sessions: { storage: { redis: { url: \"redis://u:hush@h\", pool: 99 } } }",
           "sessions: { storage: { redis: { pool: 99, url: \"redis://u:hush@h\" } } }",
           "sessions: { storage: { redis: { url: \"redis://u:hush@h\", pol: 9 } } }",
           "sessions: { storage: { redis: { ulr: \"redis://u:hush@h\" } } }",
           "sessions: { storage: { redis: \"redis://u:hush@h\" } }",
           "sessions: { storage: { rediss: { url: \"redis://u:hush@h\" } } }",
           "sessions: { storage: { redis: { url: \"redis://u:hush@h\" }, memory: {} } }",
           "sesions: { storage: { redis: { url: \"redis://u:hush@h\" } } }",
           "writable: { password: hush }",
           "sessions: hush",
           "sessions: { storage: { redis: { url: \"redis://u:hush@h } } }",
           "sessions: { storage: { redis: { url: redis://u:hush@h, url: redis://u:hush@h/ } } }",
           "nobody_knows_this: { url: \"redis://u:hush@h\", more: redis://h }",
           "gate: { realm: [], users: { a: hush } }",
           "gate: { realm: x, users: [hush] }",
           "gate: { realm: x, users: hush }",
           "gate: { realm: x, users: { a: \"${hu-hush}\" } }",
           "gate: { realm: x, users: { a: \"hush${KIRSCH_TEST_UNSET}\" } }",
           "gate: { users: { a: \"hush\n  hush\", b: [] }, realm: x }",
       }) {
    const auto found =
        faults("version: 1\nlisteners: { a: { bind: \"[::]:0\" } }\ntools: { " + std::string(tools) + " }\n");
    EXPECT_FALSE(found.empty()) << tools;
    for (const auto& one : found) EXPECT_EQ(text(one).find("hush"), std::string::npos) << text(one);
  }
  const auto shown =
      faults("version: 1\nlisteners: { a: { bind: \"[::]:0\" } }\ntools: { gate: { realm: [], users: {} } }\n");
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_NE(shown[0].source_line, "") << "where no secret stands, the line is shown";
}

TEST(Configuration, ReadsNetworksAsSeventeenBytes) {
  const Configuration made =
      compiled("tools: { gate: { realm: x, allow: [10.0.0.0/8, \"2001:db8::/32\"] } }\npaths: {}\n");
  const auto& values = std::get<base::Structure>(tool_of(path_of(made, "/"), "gate")->options->data).values;
  const auto& list = std::get<base::Value::List>(values[0].data);
  EXPECT_EQ(std::get<std::string>(list[0].data), std::string("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\0\x68", 17));
  EXPECT_EQ(std::get<std::string>(list[1].data), std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0\x20", 17));
}

TEST(Configuration, WarnsWhenNothingIsAnswered) {
  const Configuration made = compiled("");
  ASSERT_EQ(made.warnings.size(), 1U);
  EXPECT_NE(made.warnings[0].message.find("404"), std::string::npos);
  EXPECT_EQ(made.sites.size(), 1U);
}

}  // namespace
}  // namespace kirsch::config
