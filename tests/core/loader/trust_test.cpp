// Which files and directories are trusted, and what is said of those that are not.
#include "loader/trust.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "plugins_directory.h"

namespace kirsch::loader {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr uid_t foreigner = 4242;

base::Diagnostic refusal_of_directory(const std::filesystem::path& path, const Trust& trust = own_trust()) {
  try {
    TrustedDirectory::open(path, trust);
  } catch (const base::Refusal& refusal) {
    return refusal.diagnostics().front();
  }
  ADD_FAILURE() << path << " was accepted";
  return {};
}

base::Diagnostic refusal_of_file(const PluginsDirectory& plugins, const std::string& name) {
  try {
    open_trusted_file(TrustedDirectory::open(plugins.path(), own_trust()), name, own_trust());
  } catch (const base::Refusal& refusal) {
    EXPECT_EQ(refusal.exit_code(), base::ExitCode::module_refused);
    EXPECT_EQ(refusal.diagnostics().front().code, "M204");
    return refusal.diagnostics().front();
  }
  ADD_FAILURE() << name << " was accepted";
  return {};
}

TEST(Trust, is_given_to_what_only_its_owner_can_write) {
  const PluginsDirectory plugins;
  plugins.add("good");
  const TrustedDirectory directory = TrustedDirectory::open(plugins.path(), own_trust());
  EXPECT_EQ(directory.path, plugins.path());
  EXPECT_TRUE(open_trusted_file(directory, "good.so", own_trust()).descriptor);
}

TEST(Trust, is_refused_to_a_file_that_others_can_write) {
  const PluginsDirectory plugins;
  const auto path = plugins.add("good");
  ::chmod(path.c_str(), 0666);
  base::Diagnostic diagnostic = refusal_of_file(plugins, "good.so");
  EXPECT_THAT(diagnostic.message, AllOf(HasSubstr(path.string()), HasSubstr("everybody"), HasSubstr("0666")));
  EXPECT_THAT(diagnostic.help, HasSubstr("chmod go-w '" + path.string() + "'"));
  ::chmod(path.c_str(), 0664);
  EXPECT_THAT(refusal_of_file(plugins, "good.so").message, HasSubstr("its group"));
}

TEST(Trust, is_refused_to_a_file_of_a_stranger_until_he_is_named) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const PluginsDirectory plugins;
  const auto path = plugins.add("good");
  ASSERT_EQ(::chown(path.c_str(), foreigner, foreigner), 0);
  const base::Diagnostic diagnostic = refusal_of_file(plugins, "good.so");
  EXPECT_THAT(diagnostic.message, AllOf(HasSubstr("4242"), HasSubstr("trusted is root")));
  EXPECT_THAT(diagnostic.help, HasSubstr("chown root"));
  const Trust named({foreigner});
  EXPECT_TRUE(open_trusted_file(TrustedDirectory::open(plugins.path(), named), "good.so", named).descriptor);
}

TEST(Trust, is_refused_to_links_and_to_what_is_no_file) {
  const PluginsDirectory plugins;
  plugins.add("good");
  std::filesystem::create_symlink("good.so", plugins.path() / "link.so");
  std::filesystem::create_directory(plugins.path() / "directory.so");
  ASSERT_EQ(::mkfifo((plugins.path() / "fifo.so").c_str(), 0600), 0);
  EXPECT_THAT(refusal_of_file(plugins, "link.so").message, HasSubstr("is a link"));
  EXPECT_THAT(refusal_of_file(plugins, "directory.so").message, HasSubstr("not a regular file"));
  EXPECT_THAT(refusal_of_file(plugins, "fifo.so").message, HasSubstr("not a regular file"));
  EXPECT_THAT(refusal_of_file(plugins, "absent.so").message, HasSubstr("No such file"));
}

TEST(Trust, is_refused_below_a_directory_that_others_can_write) {
  const PluginsDirectory plugins;
  const auto below = plugins.path() / "inner" / "innermost";
  std::filesystem::create_directories(below);
  ::chmod(plugins.path().c_str(), 0777);
  const base::Diagnostic diagnostic = refusal_of_directory(below);
  EXPECT_EQ(diagnostic.code, "M204");
  EXPECT_THAT(diagnostic.message, AllOf(HasSubstr("directory " + plugins.path().string()), HasSubstr("0777")));
  EXPECT_THAT(diagnostic.help, HasSubstr("chmod go-w"));
}

TEST(Trust, is_given_below_a_sticky_directory_if_the_entry_has_a_trusted_owner) {
  const PluginsDirectory plugins;
  const auto below = plugins.path() / "inner";
  std::filesystem::create_directories(below);
  ::chmod(below.c_str(), 0755);
  ::chmod(plugins.path().c_str(), 01777);
  EXPECT_EQ(TrustedDirectory::open(below, own_trust()).path, below);
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give directories away";
  ASSERT_EQ(::chown(below.c_str(), foreigner, foreigner), 0);
  EXPECT_THAT(refusal_of_directory(below).message, AllOf(HasSubstr(below.string()), HasSubstr("4242")));
}

TEST(Trust, follows_links_to_directories_and_judges_what_they_lead_to) {
  const PluginsDirectory plugins;
  std::filesystem::create_directories(plugins.path() / "real" / "inner");
  std::filesystem::create_symlink("real", plugins.path() / "link");
  std::filesystem::create_symlink("loop", plugins.path() / "loop");
  EXPECT_EQ(TrustedDirectory::open(plugins.path() / "link/../link/./inner/", own_trust()).path,
            plugins.path() / "real" / "inner");
  EXPECT_THAT(refusal_of_directory(plugins.path() / "loop").message, HasSubstr("too many links"));
  ::chmod((plugins.path() / "real").c_str(), 0777);
  EXPECT_THAT(refusal_of_directory(plugins.path() / "link/inner").message,
              HasSubstr((plugins.path() / "real").string() + " is writable"));
}

TEST(Trust, is_refused_to_directories_that_are_missing_or_relative_or_files) {
  const PluginsDirectory plugins;
  plugins.add("good");
  const base::Diagnostic missing = refusal_of_directory(plugins.path() / "nowhere");
  EXPECT_EQ(missing.code, "M208");
  EXPECT_EQ(missing.message, "directory " + (plugins.path() / "nowhere").string() + " does not exist");
  EXPECT_THAT(refusal_of_directory("plugins").message, HasSubstr("not an absolute path"));
  EXPECT_THAT(refusal_of_directory(plugins.path() / "good.so").message, HasSubstr("is not a directory"));
}

}  // namespace
}  // namespace kirsch::loader
