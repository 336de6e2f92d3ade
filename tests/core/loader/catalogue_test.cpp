// What a scan of plugins directories finds, and what it says of what it cannot use.
#include "loader/catalogue.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <string>

#include "plugins_directory.h"

namespace kirsch::loader {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Catalogue, finds_what_a_module_provides_by_kind_and_name) {
  const PluginsDirectory plugins;
  const auto path = plugins.add("stripped", "renamed");
  const Catalogue catalogue = plugins.scan();
  const Provided* tool = catalogue.find(Kind::tool, "good");
  const Provided* handler = catalogue.find(Kind::handler, "good");
  ASSERT_NE(tool, nullptr);
  ASSERT_NE(handler, nullptr);
  EXPECT_EQ(tool->index, 0u);
  EXPECT_EQ(handler->index, 1u);
  EXPECT_EQ(handler->offer().execution, ExecutionClass::blocking);
  EXPECT_EQ(tool->file, handler->file);
  EXPECT_EQ(tool->file->path, path);
  EXPECT_EQ(catalogue.find(Kind::plugin, "good"), nullptr);
  EXPECT_EQ(catalogue.find(Kind::tool, "renamed"), nullptr);
  EXPECT_THAT(catalogue.names(Kind::tool), ElementsAre("good"));
  EXPECT_THAT(catalogue.errors(), IsEmpty());
  EXPECT_THAT(catalogue.warnings(), IsEmpty());
}

TEST(Catalogue, stays_valid_when_it_is_moved) {
  const PluginsDirectory plugins;
  plugins.add("good");
  Catalogue first = plugins.scan();
  const Provided* tool = first.find(Kind::tool, "good");
  const Catalogue second = std::move(first);
  EXPECT_EQ(second.find(Kind::tool, "good"), tool);
  EXPECT_EQ(tool->offer().name, "good");
}

TEST(Catalogue, reads_only_files_of_that_name_and_does_not_descend) {
  const PluginsDirectory plugins;
  plugins.add("good", "good.so.tmp");
  write_file(plugins.path() / "README.md", "no module");
  write_file(plugins.path() / ".hidden.so", "no module");
  std::filesystem::rename(plugins.path() / "good.so.tmp.so", plugins.path() / "good.so.tmp");
  std::filesystem::create_directory(plugins.path() / "inner");
  std::filesystem::copy(fixture("good"), plugins.path() / "inner" / "good.so");
  const Catalogue catalogue = plugins.scan();
  EXPECT_THAT(catalogue.files(), IsEmpty());
  EXPECT_THAT(catalogue.faulty(), IsEmpty());
}

TEST(Catalogue, warns_of_a_faulty_file_and_has_its_error_for_who_names_it) {
  const PluginsDirectory plugins;
  plugins.add("good");
  write_file(plugins.path() / "notes.so", "buy milk\n");
  const Catalogue catalogue = plugins.scan();
  EXPECT_THAT(catalogue.errors(), IsEmpty());
  EXPECT_NE(catalogue.find(Kind::tool, "good"), nullptr);
  EXPECT_EQ(catalogue.fault(Kind::tool, "good"), nullptr);
  ASSERT_THAT(catalogue.warnings(), SizeIs(1));
  EXPECT_EQ(catalogue.warnings()[0].severity, base::Severity::warning);
  const base::Diagnostic* fault = catalogue.fault(Kind::tool, "notes");
  ASSERT_NE(fault, nullptr);
  EXPECT_EQ(fault->severity, base::Severity::error);
  EXPECT_EQ(fault->exit_code, base::ExitCode::module_refused);
  EXPECT_EQ(fault->message, "file " + (plugins.path() / "notes.so").string() + " is not an ELF file");
}

TEST(Catalogue, refuses_another_abi_and_says_what_was_built_for_what) {
  const PluginsDirectory plugins;
  const auto path = plugins.add("other_abi");
  const Catalogue catalogue = plugins.scan();
  EXPECT_EQ(catalogue.find(Kind::tool, "chat"), nullptr);
  const base::Diagnostic* fault = catalogue.fault(Kind::tool, "chat");
  ASSERT_NE(fault, nullptr) << "it claims that name, though the file is called otherwise";
  EXPECT_EQ(fault->code, "M203");
  EXPECT_EQ(fault->message, "module 'chat' refused: built for ABI 2.0, this server has ABI 1.0");
  EXPECT_THAT(fault->help, AllOf(HasSubstr(path.string()), HasSubstr("version 1.2.3"), HasSubstr("a C compiler"),
                                 HasSubstr("build-id"), HasSubstr("nothing of the module was run")));
}

TEST(Catalogue, accepts_modules_of_the_same_major_and_of_no_newer_minor) {
  const PluginsDirectory plugins;
  plugins.add("good");
  const auto accepts = [&](Abi module, Abi host) {
    ManifestHead head;
    head.abi = module;
    HostAbi server;
    server.abi = host;
    return !check_abi("x.so", Note{}, head, server);
  };
  EXPECT_TRUE(accepts({1, 1}, {1, 1}));
  EXPECT_TRUE(accepts({1, 1}, {1, 7}));
  EXPECT_FALSE(accepts({1, 8}, {1, 7}));
  EXPECT_FALSE(accepts({0, 3}, {1, 0}));
  EXPECT_FALSE(accepts({1, 0}, {2, 0}));
}

TEST(Catalogue, lists_the_features_that_the_server_lacks) {
  const PluginsDirectory plugins;
  plugins.add("missing_feature");
  const Catalogue catalogue = plugins.scan();
  const base::Diagnostic* fault = catalogue.fault(Kind::tool, "missing_feature");
  ASSERT_NE(fault, nullptr);
  EXPECT_EQ(fault->code, "M205");
  EXPECT_THAT(fault->message, HasSubstr("does not offer: future/teleport/1, future/time/2"));
}

TEST(Catalogue, refuses_an_untrusted_file_also_by_what_it_claims) {
  const PluginsDirectory plugins;
  const auto path = plugins.add("good", "renamed");
  ::chmod(path.c_str(), 0666);
  const Catalogue catalogue = plugins.scan();
  EXPECT_EQ(catalogue.find(Kind::tool, "good"), nullptr);
  for (const char* name : {"good", "renamed"}) {
    ASSERT_NE(catalogue.fault(Kind::tool, name), nullptr) << name;
    EXPECT_EQ(catalogue.fault(Kind::tool, name)->code, "M204");
  }
}

TEST(Catalogue, refuses_a_name_that_two_files_provide) {
  const PluginsDirectory plugins;
  const auto first = plugins.add("good");
  const auto second = plugins.add("twin");
  const Catalogue catalogue = plugins.scan();
  ASSERT_THAT(catalogue.errors(), SizeIs(1));
  EXPECT_EQ(catalogue.errors()[0].code, "M207");
  EXPECT_EQ(catalogue.errors()[0].message,
            "tool 'good' is provided twice: by " + first.string() + " and by " + second.string());
}

TEST(Catalogue, refuses_the_same_module_in_two_directories_but_not_the_same_directory_twice) {
  const PluginsDirectory one, two;
  one.add("good");
  two.add("good");
  std::vector<std::filesystem::path> directories = {one.path(), two.path()};
  const Catalogue both = Catalogue::scan(directories, own_trust(), test_host());
  ASSERT_THAT(both.errors(), SizeIs(1));
  EXPECT_THAT(both.errors()[0].message,
              AllOf(HasSubstr("module 'good'"), HasSubstr(one.path().string()), HasSubstr(two.path().string())));
  directories = {one.path(), one.path() / "."};
  EXPECT_THAT(Catalogue::scan(directories, own_trust(), test_host()).errors(), IsEmpty());
}

TEST(Catalogue, names_a_directory_that_is_missing_and_reads_the_others) {
  const PluginsDirectory plugins;
  plugins.add("good");
  const std::vector<std::filesystem::path> directories = {plugins.path() / "nowhere", plugins.path()};
  const Catalogue catalogue = Catalogue::scan(directories, own_trust(), test_host());
  ASSERT_THAT(catalogue.errors(), SizeIs(1));
  EXPECT_THAT(catalogue.errors()[0].message, HasSubstr("nowhere does not exist"));
  EXPECT_NE(catalogue.find(Kind::tool, "good"), nullptr);
}

TEST(Catalogue, refuses_a_consumer_whose_service_nobody_provides) {
  const PluginsDirectory plugins;
  plugins.add("consumer");
  const Catalogue alone = plugins.scan();
  const base::Diagnostic* fault = alone.fault(Kind::tool, "consumer");
  ASSERT_NE(fault, nullptr);
  EXPECT_EQ(fault->code, "M206");
  EXPECT_THAT(fault->message, HasSubstr("requires: greeting/1"));
  plugins.add("greeter");
  const Catalogue together = plugins.scan();
  EXPECT_NE(together.find(Kind::tool, "consumer"), nullptr);
  ASSERT_THAT(together.providers("greeting/1"), SizeIs(1));
  EXPECT_EQ(together.providers("greeting/1")[0]->offer().name, "greeter");
}

TEST(Catalogue, refuses_modules_whose_services_go_in_a_circle_and_whoever_needs_them) {
  const PluginsDirectory plugins;
  for (const char* name : {"good", "circle_one", "circle_two", "circle_guest"}) plugins.add(name);
  const Catalogue catalogue = plugins.scan();
  EXPECT_THAT(catalogue.names(Kind::tool), ElementsAre("good"));
  EXPECT_THAT(catalogue.warnings(), SizeIs(3));
  const base::Diagnostic* fault = catalogue.fault(Kind::tool, "circle_two");
  ASSERT_NE(fault, nullptr);
  EXPECT_EQ(fault->code, "M215");
  EXPECT_THAT(fault->message, AllOf(HasSubstr("module 'circle_two' refused"),
                                    HasSubstr("in a circle: circle_two → circle_one → circle_two")));
  EXPECT_THAT(fault->help, AllOf(HasSubstr("/circle_one.so"), HasSubstr("/circle_two.so")));
  ASSERT_NE(catalogue.fault(Kind::tool, "circle_guest"), nullptr);
  EXPECT_THAT(catalogue.fault(Kind::tool, "circle_guest")->message,
              HasSubstr("in a circle: circle_guest → circle_one → circle_two → circle_one"));
}

}  // namespace
}  // namespace kirsch::loader
