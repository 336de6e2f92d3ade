// What a configuration and its modules are refused for, all of it at once; whose files are trusted when it is read
// again.
#include "server/blueprint.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

#include "support/folder.h"

namespace kirsch::server {
namespace {

namespace fs = std::filesystem;

constexpr uid_t run_user = 4242;

// How many files of the plugins directory are faulty.
std::size_t faults(const fs::path& yaml) { return read_blueprint(yaml).catalogue.faulty().size(); }

TEST(Blueprint, trusts_the_run_user_no_more_after_a_privilege_drop_than_before) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has privileges to drop";
  const test::TemporaryFolder folder;
  ::chmod(folder.path().c_str(), 0755);
  const auto plugins = folder.path() / "plugins";
  fs::create_directory(plugins);
  for (const auto* name : {"noop.so", "inspect.so"})
    fs::copy_file(test::build_folder() / "fixtures" / name, plugins / name);
  ASSERT_EQ(::chown((plugins / "noop.so").c_str(), run_user, run_user), 0);
  const auto yaml = folder.write("kirsch.yaml",
                                 "version: 1\nplugins: { path: [plugins] }\n"
                                 "listeners: { main: { bind: \"127.0.0.1:0\" } }\n"
                                 "paths: { /: { handler: { inspect: {} } } }\n");
  ASSERT_EQ(faults(yaml), 1u) << "the file of the run user";
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresgid(run_user, run_user, run_user) != 0 || ::setresuid(run_user, run_user, run_user) != 0) ::_exit(100);
    try {
      ::_exit(static_cast<int>(faults(yaml)));
    } catch (const std::exception& error) {
      std::cerr << error.what() << std::endl;
      ::_exit(101);
    }
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 1) << "he could replace what the server loads next";
}

// A folder with modules of the tests beside a configuration.
class Refused : public ::testing::Test {
 protected:
  Refused() {
    ::chmod(folder_.path().c_str(), 0755);
    fs::create_directory(folder_.path() / "plugins");
  }
  void add(const std::string& module, const std::string& name = {}) const {
    fs::copy_file(test::build_folder() / "fixtures" / (module + ".so"),
                  folder_.path() / "plugins" / ((name.empty() ? module : name) + ".so"));
  }
  // "line:column code", for errors and warnings, and "code" alone where there is no place.
  std::vector<std::string> told(const std::string& rest) {
    const auto yaml =
        folder_.write("kirsch.yaml", "version: 1\nlisteners: { main: { bind: \"127.0.0.1:0\" } }\n" + rest);
    std::vector<std::string> lines;
    try {
      read_blueprint(yaml);
    } catch (const base::Refusal& refusal) {
      diagnostics_ = refusal.diagnostics();
    }
    for (const auto& one : diagnostics_) {
      const bool placed = one.position && one.position->line != 0;
      lines.push_back((placed ? std::to_string(one.position->line) + ":" + std::to_string(one.position->column) + " "
                              : std::string()) +
                      one.code + (one.severity == base::Severity::warning ? " warning" : ""));
      EXPECT_EQ(one.source_line.empty(), !placed) << text(one);
    }
    return lines;
  }

  const test::TemporaryFolder folder_;
  std::vector<base::Diagnostic> diagnostics_;
};

using ::testing::ElementsAre;

TEST_F(Refused, is_a_missing_directory_beside_all_that_is_wrong_elsewhere) {
  EXPECT_THAT(told("plugins: { path: [plugins, nowhere], owners: [no-such-user] }\nserver: { workers: no }\n"
                   "tools: { perhaps_there: {} }\npaths: { /: { limits: { body: x } } }\n"),
              ElementsAre("3:28 C077", "3:47 C070", "4:20 C014", "6:31 C014"))
      << "a name that could stand in the missing directory is no mistake";
}

TEST_F(Refused, is_a_directory_that_others_may_write_at_its_place) {
  ::chmod((folder_.path() / "plugins").c_str(), 0777);
  EXPECT_THAT(told("plugins: { path: [plugins] }\nserver: { workers: no }\npaths: { /: {} }\n"),
              ElementsAre("3:19 M204", "4:20 C014"));
}

TEST_F(Refused, is_a_name_provided_twice_beside_mistakes) {
  add("noop");
  add("noop", "twin");
  EXPECT_THAT(told("plugins: { path: [plugins] }\nserver: { workers: no }\ntools: { nop: {} }\npaths: { /: {} }\n"),
              ElementsAre("4:20 C014", "5:10 C012", "M207"));
}

TEST_F(Refused, is_a_plugin_that_starts_too_early_beside_mistakes) {
  add("phases");
  add("early_counter");
  add("counter");
  EXPECT_THAT(told("plugins: { path: [plugins] }\nserver: { workers: no }\n"
                   "engine:\n  phase_one: { priority: 70 }\n  early_counter: {}\npaths: { /: {} }\n"),
              ElementsAre("4:20 C014", "6:26 C071", "7:3 C071"));
  EXPECT_THAT(diagnostics_[2].message, ::testing::HasSubstr("requires the module 'counter', which is late"));
}

TEST_F(Refused, hides_no_warning) {
  folder_.write("plugins/text.so", "no module\n");
  EXPECT_THAT(told("plugins: { path: [plugins] }\nserver: { workers: no }\npipelines: { a: {} }\npaths: { /: {} }\n"),
              ElementsAre("4:20 C014", "5:14 C040 warning", "M201 warning"));
}

}  // namespace
}  // namespace kirsch::server
