// Whose files are trusted when a configuration is read again.
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

}  // namespace
}  // namespace kirsch::server
