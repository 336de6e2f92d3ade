// Private copies: made from what was checked, kept from others, swept when their process is dead.
#include "loader/private_copy.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "plugins_directory.h"

namespace kirsch::loader {
namespace {

using ::testing::HasSubstr;

mode_t mode(const std::filesystem::path& path) {
  struct ::stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

std::size_t entries(const std::filesystem::path& path) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
}

template <typename Action>
base::Diagnostic refusal(Action action) {
  try {
    action();
  } catch (const base::Refusal& refused) {
    return refused.diagnostics().front();
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

TEST(PrivateCopy, equals_the_module_and_keeps_its_name) {
  const PluginsDirectory plugins, state;
  plugins.add("good");
  const Catalogue catalogue = plugins.scan();
  PrivateCopies copies(state.path() / "new" / "state");
  const auto first = copies.copy(only_file(catalogue));
  const auto second = copies.copy(only_file(catalogue));
  EXPECT_EQ(contents_of(first), contents_of(fixture("good")));
  EXPECT_EQ(first.filename(), "good.so");
  EXPECT_NE(first, second) << "dlopen would answer with the code of the first";
  EXPECT_EQ(mode(copies.path()), 0700u);
  EXPECT_EQ(mode(copies.path().parent_path()), 0700u);
  EXPECT_EQ(mode(state.path() / "new"), 0700u);
  EXPECT_EQ(mode(first), 0444u);
}

TEST(PrivateCopy, comes_from_the_file_that_was_checked_though_another_took_its_place) {
  const PluginsDirectory plugins, state;
  const auto path = plugins.add("good");
  const Catalogue catalogue = plugins.scan();
  plugins.add("greeter", "replacement");
  std::filesystem::rename(plugins.path() / "replacement.so", path);
  PrivateCopies copies(state.path());
  EXPECT_EQ(contents_of(copies.copy(only_file(catalogue))), contents_of(fixture("good")));
}

TEST(PrivateCopy, is_refused_when_the_file_was_written_into_after_the_check) {
  const PluginsDirectory plugins, state;
  const auto path = plugins.add("good");
  const Catalogue catalogue = plugins.scan();
  PrivateCopies copies(state.path());
  for (const std::string& bytes : {contents_of(fixture("greeter")), std::string("no more")}) {
    write_file(path, bytes);
    const base::Diagnostic diagnostic = refusal([&] { copies.copy(only_file(catalogue)); });
    EXPECT_EQ(diagnostic.code, "M209");
    EXPECT_THAT(diagnostic.message, HasSubstr("changed while it was being loaded"));
  }
}

TEST(PrivateCopies, are_removed_at_the_end_and_leave_those_of_the_living_alone) {
  const PluginsDirectory plugins, state;
  plugins.add("good");
  const Catalogue catalogue = plugins.scan();
  auto first = std::make_unique<PrivateCopies>(state.path());
  const auto copy = first->copy(only_file(catalogue));
  const auto modules = first->path().parent_path();
  PrivateCopies second(state.path());
  EXPECT_TRUE(std::filesystem::exists(copy));
  EXPECT_EQ(entries(modules), 2u);
  first.reset();
  EXPECT_FALSE(std::filesystem::exists(copy));
  EXPECT_EQ(entries(modules), 1u);
}

TEST(PrivateCopies, of_dead_processes_are_swept) {
  const PluginsDirectory plugins, state;
  plugins.add("good");
  const Catalogue catalogue = plugins.scan();
  const pid_t child = ::fork();
  if (child == 0) {
    PrivateCopies copies(state.path());
    copies.copy(*catalogue.files().front());
    ::_exit(0);  // like a crash: nothing is cleaned up
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const auto modules = state.path() / ("modules." + std::to_string(::geteuid()));
  ASSERT_EQ(entries(modules), 1u);
  const PrivateCopies copies(state.path());
  EXPECT_EQ(entries(modules), 1u);
  EXPECT_EQ(entries(copies.path()), 0u);
}

TEST(PrivateCopies, stay_while_a_fork_goes_on_with_them) {
  const PluginsDirectory state;
  auto copies = std::make_unique<PrivateCopies>(state.path());
  const auto path = copies->path();
  int gate[2];
  ASSERT_EQ(::pipe(gate), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    ::close(gate[1]);
    ::_exit(::read(gate[0], &byte, 1) == 0 ? 0 : 1);
  }
  copies.reset();  // the launcher of a daemon ends here
  EXPECT_TRUE(std::filesystem::exists(path));
  const PrivateCopies newcomer(state.path());
  EXPECT_TRUE(std::filesystem::exists(path));
  ::close(gate[1]);
  ::close(gate[0]);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST(PrivateCopies, are_not_made_where_others_can_write) {
  const PluginsDirectory state;
  ::chmod(state.path().c_str(), 0777);
  const base::Diagnostic diagnostic = refusal([&] { PrivateCopies copies(state.path()); });
  EXPECT_EQ(diagnostic.code, "M204");
  EXPECT_EQ(diagnostic.exit_code, base::ExitCode::module_refused);
  EXPECT_THAT(diagnostic.message, HasSubstr(state.path().string()));
  EXPECT_THAT(diagnostic.help, HasSubstr("server.state"));
}

TEST(PrivateCopies, do_not_follow_a_link_that_was_put_in_their_place) {
  const PluginsDirectory state, elsewhere;
  std::filesystem::create_symlink(elsewhere.path(), state.path() / ("modules." + std::to_string(::geteuid())));
  EXPECT_EQ(refusal([&] { PrivateCopies copies(state.path()); }).code, "M209");
  EXPECT_EQ(entries(elsewhere.path()), 0u);
}

TEST(PrivateCopies, of_the_run_user_are_apart_from_those_of_root) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give directories away";
  constexpr uid_t run_user = 4242;
  const PluginsDirectory plugins, state;
  plugins.add("good");
  const Catalogue catalogue = plugins.scan();
  prepare_private_copies(state.path() / "state", run_user, run_user);
  EXPECT_EQ(mode(state.path() / "state"), 0711u);
  ::chmod(state.path().c_str(), 0711);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresgid(run_user, run_user, run_user) != 0 || ::setresuid(run_user, run_user, run_user) != 0) ::_exit(1);
    try {
      PrivateCopies copies(state.path() / "state");
      ::_exit(contents_of(copies.copy(*catalogue.files().front())) == contents_of(fixture("good")) ? 0 : 2);
    } catch (const base::Refusal& refused) {
      ::fputs(refused.what(), stderr);
      ::_exit(3);
    }
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace kirsch::loader
