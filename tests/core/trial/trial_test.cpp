// `kirsch module check`: each check finds the module that is made to fail it, and all that is delivered passes.
#include <elf.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <functional>
#include <set>
#include <sstream>

#include "support/build.h"
#include "support/folder.h"
#include "support/kirsch.h"

namespace kirsch::test {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

fs::path of_loader(const std::string& name) { return build_folder() / "fixtures" / "loader" / (name + ".so"); }
fs::path of_sdk(const std::string& name) { return build_folder() / "fixtures" / (name + ".so"); }

Result tried(const fs::path& file, const std::vector<std::string>& more = {},
             const std::map<std::string, std::string>& environment = {}) {
  std::vector<std::string> arguments{"module", "check", file.string(), "--path", (build_folder() / "plugins").string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_kirsch(arguments, {}, environment);
}

// "options: handler squeamish", for each check that has failed.
std::set<std::string> failures(const Result& result) {
  std::set<std::string> failed;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("failed   ")) failed.insert(line.substr(9));
  return failed;
}

// Says that its code is written to when it is loaded, though it is not: a flag says so.
std::string with_text_relocations(std::string bytes) {
  Elf64_Ehdr header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  for (std::size_t number = 0; number < header.e_phnum; ++number) {
    Elf64_Phdr segment{};
    std::memcpy(&segment, bytes.data() + header.e_phoff + number * sizeof segment, sizeof segment);
    for (std::size_t at = 0; segment.p_type == PT_DYNAMIC && at < segment.p_filesz; at += sizeof(Elf64_Dyn)) {
      Elf64_Dyn entry{};
      std::memcpy(&entry, bytes.data() + segment.p_offset + at, sizeof entry);
      if (entry.d_tag != DT_FLAGS) continue;
      entry.d_un.d_val |= DF_TEXTREL;
      std::memcpy(bytes.data() + segment.p_offset + at, &entry, sizeof entry);
      return bytes;
    }
  }
  ADD_FAILURE() << "nothing to forge";
  return bytes;
}

struct BadModule {
  std::string name;
  fs::path file;
  std::set<std::string> failed;
  std::string cause;
  std::string remedy;
};

const std::vector<BadModule> bad_modules = {
    {"no_module", of_loader("plain"), {"manifest"}, "not a Kirsch module", "build it with the SDK"},
    {"another_abi", of_loader("other_abi"), {"manifest"}, "built for ABI 2.0", "rebuild it with the SDK"},
    {"more_symbols",
     of_loader("unique"),
     {"exported symbols", "unique symbols", "unloading"},
     "exports 2 symbols beside kirsch_module (",
     "-fno-gnu-unique"},
    {"symbols_of_others",
     of_loader("borrowing"),
     {"undefined symbols"},
     "no library that it names defines RAND_status",
     "-Wl,-z,defs"},
    {"symbols_of_nobody",
     of_loader("undefined_symbol"),
     {"exported symbols", "constructors"},
     "undefined symbol: kirsch_test_nobody_defines_this",
     "-Wl,-z,defs"},
    {"a_thread_of_a_constructor", of_loader("threaded"), {"constructors"}, "started a thread", "belong into start"},
    {"a_crash_of_a_constructor", of_loader("crashing"), {"constructors"}, "Segmentation fault", "mend it"},
    {"a_throw_of_create",
     of_loader("throwing_create"),
     {"instances: tool throwing_create"},
     "it let an exception escape: no such luck",
     "catch it"},
    {"a_throw_of_a_hook",
     of_loader("throwing_hook"),
     {"requests: tool throwing_hook", "concurrency: tool throwing_hook"},
     "at method GET the server was ended by signal 6 (Aborted)",
     "no exception may leave it"},
};

class BadModules : public ::testing::TestWithParam<BadModule> {};

TEST_P(BadModules, fail_what_they_are_made_to_fail_with_words_to_act_on) {
  const auto& bad = GetParam();
  const auto result = tried(bad.file);
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(failures(result), bad.failed) << result.out;
  EXPECT_THAT(result.out, AllOf(HasSubstr(bad.cause), HasSubstr(bad.remedy)));
  EXPECT_EQ(result.err, "");
}

INSTANTIATE_TEST_SUITE_P(Each, BadModules, ::testing::ValuesIn(bad_modules),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(ModuleCheck, finds_text_relocations) {
  const TemporaryFolder folder;
  const auto file =
      folder.write("respond.so", with_text_relocations(contents_of(build_folder() / "plugins/respond.so")));
  const auto result = tried(file);
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_TRUE(failures(result).contains("text relocations")) << result.out;
  EXPECT_THAT(result.out, HasSubstr("compile all of it with -fPIC"));
}

TEST(ModuleCheck, finds_what_each_instance_leaves) {
  if (sanitized()) GTEST_SKIP() << "a sanitizer counts memory itself";
  const auto result = tried(of_sdk("leaky"));
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(failures(result), std::set<std::string>{"instances: handler leaky"}) << result.out;
  EXPECT_THAT(result.out, AllOf(HasSubstr("900 instances leave "), HasSubstr("the destructor gives back")));
}

TEST(ModuleCheck, tells_by_what_the_module_dies) {
  const auto result = tried(of_sdk("squeamish"));
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(failures(result), (std::set<std::string>{"options: handler squeamish", "requests: handler squeamish",
                                                     "requests: handler careless"}))
      << result.out;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("during create with options { number: 7 }"),
                    HasSubstr("at method PATCH the server was ended by signal 6"), HasSubstr("at target /?a=%00")));
}

TEST(ModuleCheck, lets_functions_of_the_host_fail) {
  const auto result = tried(of_sdk("trusting"));
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(failures(result), (std::set<std::string>{"host failures: handler keeper", "host failures: handler labeller",
                                                     "host failures: handler poster", "host failures: handler repeater",
                                                     "host failures: handler waiter"}))
      << result.out;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("where kirsch_field_functions.set gives 0, the server was ended by signal 6"),
                    HasSubstr("where kirsch_stream_functions.write gives 0, the server was ended by signal 6"),
                    HasSubstr("where kirsch_storage.open gives null, the server was ended by signal 6"),
                    HasSubstr("where kirsch_post.post gives 0, the server was ended by signal 6"),
                    HasSubstr("refuse, answer with an error, or go without"),
                    HasSubstr("where kirsch_submit.submit gives 0, this gets no answer any more")));
}

TEST(ModuleCheck, finds_defaults_that_their_own_options_refuse) {
  const auto result = tried(of_sdk("contrary"));
  EXPECT_EQ(result.exit_code, 4);
  const auto failed = failures(result);
  EXPECT_TRUE(failed.contains("instances: handler contrary")) << result.out;
  EXPECT_TRUE(failed.contains("instances: handler times")) << result.out;
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("option 'hours' of handler 'contrary' has a faulty default: its default wants at least 10"),
            HasSubstr("a default must be a value that its option takes")));
}

TEST(ModuleCheck, tries_durations_as_an_operator_can_write_them) {
  const auto result = tried(of_sdk("pauses"));
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out, AllOf(HasSubstr("all checks passed"), Not(HasSubstr("skipped"))));
}

TEST(ModuleCheck, tries_what_lies_within_the_limits_of_types) {
  const auto result = tried(of_sdk("bounds"));
  EXPECT_EQ(result.exit_code, 0) << result.out;
}

TEST(ModuleCheck, is_for_programs_too) {
  const auto good = tried(build_folder() / "plugins" / "respond.so", {"--json"});
  EXPECT_EQ(good.exit_code, 0) << good.out;
  EXPECT_THAT(good.out, AllOf(HasSubstr("\"ok\": true"), HasSubstr("\"check\": \"unloading\""),
                              HasSubstr("\"of\": \"handler respond\""), Not(HasSubstr("failed"))));
  const auto bad = tried(of_loader("threaded"), {"--json"});
  EXPECT_EQ(bad.exit_code, 4);
  EXPECT_THAT(bad.out, AllOf(HasSubstr("\"ok\": false"), HasSubstr("\"result\": \"failed\""),
                             HasSubstr("\"reason\": \"it cannot be loaded\"")));
}

TEST(ModuleCheck, takes_options_that_work_and_refuses_a_file_that_is_none) {
  const auto redirect = build_folder() / "plugins" / "redirect.so";
  const auto result = tried(redirect, {"--with", "redirect: { to: /elsewhere }"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out, AllOf(HasSubstr("ok       requests: handler redirect"), Not(HasSubstr("skipped"))));
  EXPECT_EQ(tried(redirect, {"--with", "redirect"}).exit_code, 2);
  const auto missing = tried("nowhere.so");
  EXPECT_EQ(missing.exit_code, 4);
  EXPECT_THAT(missing.out, HasSubstr("name the .so that was built"));
}

TEST(ModuleCheck, takes_the_name_of_its_folder_as_it_is) {
  const TemporaryFolder folder;
  const auto named = folder.path() / "${HOME}";
  fs::create_directory(named);
  const auto result = tried(build_folder() / "plugins/respond.so", {}, {{"TMPDIR", named.string()}});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("ok       requests: handler respond")) << result.err;
}

TEST(ModuleCheck, serves_where_the_name_of_a_socket_would_be_too_long) {
  const TemporaryFolder folder;
  const auto deep = folder.path() / std::string(120, 'd');
  fs::create_directory(deep);
  const auto result = tried(build_folder() / "plugins/respond.so", {}, {{"TMPDIR", deep.string()}});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  for (const auto* check : {"requests", "concurrency", "host failures"})
    EXPECT_THAT(result.out, HasSubstr("ok       " + std::string(check) + ": handler respond"));
}

TEST(ModuleCheck, says_how_many_checks_it_has_skipped) {
  const auto result = tried(build_folder() / "plugins/redirect.so");
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out, AllOf(ContainsRegex("\n[1-9][0-9]* of [0-9]+ checks skipped, the others passed\n"),
                                Not(HasSubstr("all checks passed"))));
}

std::vector<fs::path> entries(const fs::path& folder) {
  return {fs::directory_iterator(folder), fs::directory_iterator()};
}

TEST(ModuleCheck, sweeps_the_folder_of_one_that_was_killed_and_of_no_other) {
  const TemporaryFolder folder;
  const auto respond = (build_folder() / "plugins/respond.so").string();
  const std::map<std::string, std::string> here{{"TMPDIR", folder.path().string()}};
  const std::vector<std::string> command{kirsch_program().string(), "module", "check", respond};
  Process check(command, {.folder = {}, .environment = here, .input = {}});
  ASSERT_TRUE(check.wait_for([](const auto& output) { return output.out.find("manifest") != std::string::npos; }));
  check.signal(SIGSTOP);
  ASSERT_EQ(entries(folder.path()).size(), 1u);
  const auto made = entries(folder.path()).front();
  EXPECT_EQ(tried(respond, {}, here).exit_code, 0);
  EXPECT_EQ(entries(folder.path()), std::vector<fs::path>{made});

  check.signal(SIGKILL);
  check.wait();
  const int held = ::open(made.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ::flock(held, LOCK_EX);  // its children are gone, too
  ::close(held);
  EXPECT_EQ(tried(respond, {}, here).exit_code, 0);
  EXPECT_THAT(entries(folder.path()), IsEmpty());
}

std::vector<std::string> delivered() {
  // Those that keep most between requests.
  if (sanitized()) return {"accesslog", "session_memory", "sessions", "static", "websocket"};
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(build_folder() / "plugins"))
    if (entry.path().extension() == ".so") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

class Delivered : public ::testing::TestWithParam<std::string> {};

TEST_P(Delivered, passes) {
  const auto result = tried(build_folder() / "plugins" / (GetParam() + ".so"));
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(failures(result), IsEmpty()) << result.out;
  EXPECT_THAT(result.out, AnyOf(HasSubstr("all checks passed\n"), HasSubstr("checks skipped, the others passed\n")));
}

INSTANTIATE_TEST_SUITE_P(Module, Delivered, ::testing::ValuesIn(delivered()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace kirsch::test
