// Loading, instances, and the order in which things are undone.
#include "loader/module.h"

#include <gmock/gmock.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "loader/entry.h"
#include "plugins_directory.h"

namespace kirsch::loader {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> events;

void trace(const char* event) { events.emplace_back(event); }

const void* feature(const kirsch_host*, kirsch_text id) {
  return std::string_view(id.data, id.size) == "test/trace/1" ? reinterpret_cast<const void*>(&trace) : nullptr;
}

std::string mapped() { return contents_of("/proc/self/maps"); }

class ModuleTest : public ::testing::Test {
 protected:
  void SetUp() override { events.clear(); }

  std::shared_ptr<const Module> load(const std::string& name, const LoadSettings& settings = {}) {
    plugins_.add(name);
    catalogue_ = std::make_unique<Catalogue>(plugins_.scan());
    return Module::load(only_file(*catalogue_), copies_, host_, settings);
  }

  // Untried unless settings say so, so that the error is that of the real load.
  base::Diagnostic refusal(const std::string& name, const LoadSettings& settings = {}) {
    try {
      load(name, settings);
    } catch (const base::Refusal& refused) {
      EXPECT_EQ(refused.exit_code(), base::ExitCode::module_refused);
      EXPECT_THAT(mapped(), Not(HasSubstr("/" + name + ".so"))) << "a refused module must not stay";
      return refused.diagnostics().front();
    }
    ADD_FAILURE() << name << " was loaded";
    return {};
  }

  PluginsDirectory plugins_, state_;
  PrivateCopies copies_{state_.path()};
  std::unique_ptr<Catalogue> catalogue_;
  Probe probe_;
  kirsch_host host_{.size = sizeof(kirsch_host),
                    .abi_major = KIRSCH_ABI_MAJOR,
                    .abi_minor = KIRSCH_ABI_MINOR,
                    .lanes = 1,
                    .loops = 1,
                    .feature = feature,
                    .service = nullptr};
  kirsch_value item_{};
  kirsch_value options_{.kind = KIRSCH_VALUE_STRUCT, .count = 1, .as = {.items = &item_}};
};

TEST_F(ModuleTest, is_loaded_used_and_undone_in_reverse) {
  {
    auto module = load("good");
    EXPECT_THAT(events, ElementsAre("good init"));
    EXPECT_EQ(module->manifest().name, "good");
    EXPECT_EQ(module->path(), plugins_.path() / "good.so");
    EXPECT_THAT(mapped(), AllOf(HasSubstr(copies_.path().string()), Not(HasSubstr(plugins_.path().string()))));
    Instance instance(module, 0, options_);
    module.reset();
    EXPECT_EQ(instance.self(), &item_) << "the options reach create";
    EXPECT_EQ(instance.functions().hooks[KIRSCH_HOOK_BEFORE_FINALIZE](instance.self(), nullptr),
              static_cast<std::uint32_t>(KIRSCH_FLOW_NEXT));
    EXPECT_EQ(instance.offer().name, "good");
    Instance moved = std::move(instance);
    EXPECT_FALSE(instance);
    EXPECT_TRUE(moved);
  }
  EXPECT_THAT(events, ElementsAre("good init", "good create", "good destroy", "good deinit"));
  EXPECT_THAT(mapped(), Not(HasSubstr("/good.so")));
}

TEST_F(ModuleTest, loads_when_it_is_stripped) {
  const auto module = load("stripped");
  EXPECT_EQ(module->manifest().name, "good");
}

TEST_F(ModuleTest, stays_mapped_on_demand_though_it_was_deinitialised) {
  load("greeter", {.keep_mapped = true}).reset();
  EXPECT_THAT(events, ElementsAre("greeter init", "greeter deinit"));
  EXPECT_THAT(mapped(), HasSubstr("/greeter.so"));
}

TEST_F(ModuleTest, goes_on_when_its_file_is_overwritten_and_emptied_in_place) {
  const auto module = load("good");
  const auto path = plugins_.path() / "good.so";
  { std::ofstream(path, std::ios::binary | std::ios::in) << std::string(std::filesystem::file_size(path), '\xcc'); }
  std::filesystem::resize_file(path, 0);
  const Instance instance(module, 0, options_);
  EXPECT_EQ(instance.functions().hooks[KIRSCH_HOOK_BEFORE_FINALIZE](instance.self(), nullptr),
            static_cast<std::uint32_t>(KIRSCH_FLOW_NEXT));
}

TEST_F(ModuleTest, is_new_code_after_its_file_was_replaced_under_the_same_name) {
  const auto old = load("good", {});
  plugins_.add("greeter", "fresh");
  std::filesystem::rename(plugins_.path() / "fresh.so", plugins_.path() / "good.so");
  const Catalogue again = plugins_.scan();
  const auto fresh = Module::load(only_file(again), copies_, host_);
  EXPECT_EQ(old->manifest().name, "good");
  EXPECT_EQ(fresh->manifest().name, "greeter");
  EXPECT_EQ(fresh->path(), old->path());
  EXPECT_THAT(events, ElementsAre("good init", "greeter init"));
}

TEST_F(ModuleTest, is_refused_with_the_linkers_words_for_an_undefined_symbol) {
  const base::Diagnostic diagnostic = refusal("undefined_symbol");
  EXPECT_EQ(diagnostic.code, "M211");
  EXPECT_EQ(diagnostic.message, "module 'undefined_symbol' cannot be linked into the server: " +
                                    (plugins_.path() / "undefined_symbol.so").string() +
                                    ": undefined symbol: kirsch_test_nobody_defines_this");
}

TEST_F(ModuleTest, is_refused_by_the_probe_before_its_constructor_can_throw_here) {
  EXPECT_EQ(refusal("throwing", {.probe = &probe_}).code, "M210");
}

TEST_F(ModuleTest, is_refused_by_the_probe_before_its_constructor_can_start_a_thread_here) {
  EXPECT_EQ(refusal("threaded", {.probe = &probe_}).code, "M210");
}

class Unlike : public ModuleTest {
 protected:
  std::string message(const std::string& name) {
    const base::Diagnostic diagnostic = refusal(name);
    EXPECT_EQ(diagnostic.code, "M212");
    EXPECT_THAT(events, IsEmpty()) << "nothing of it may be called";
    return diagnostic.message;
  }
};

TEST_F(Unlike, a_note_without_a_struct_is_refused) {
  EXPECT_THAT(message("without_struct"), HasSubstr("does not export 'kirsch_module'"));
}

TEST_F(Unlike, a_struct_of_another_size_is_refused) {
  EXPECT_THAT(message("other_size"), HasSubstr("has a struct kirsch_module of 8 bytes instead of"));
}

TEST_F(Unlike, a_struct_with_another_manifest_is_refused) {
  EXPECT_THAT(message("other_manifest"), HasSubstr("another manifest in its struct than in its note"));
}

TEST_F(Unlike, a_struct_that_provides_less_is_refused) {
  EXPECT_THAT(message("other_count"), HasSubstr("provides 0 things in its struct, but 1 in its note"));
}

TEST_F(Unlike, a_tool_without_the_hook_that_its_note_declares_is_refused) {
  EXPECT_THAT(message("lacking_hook"), HasSubstr("tool 'lacking_hook' lacks before_finalize"));
}

TEST_F(Unlike, a_tool_whose_hook_lies_behind_those_that_it_counts_is_refused) {
  EXPECT_THAT(message("fewer_hooks"), HasSubstr("tool 'fewer_hooks' lacks before_finalize"));
}

TEST_F(Unlike, a_struct_that_points_to_nothing_is_refused) {
  EXPECT_THAT(message("nothing_provided"), HasSubstr("does not describe its tool 'nothing_provided'"));
}

TEST(Provided, by_a_module_of_an_older_contract_ends_where_that_contract_ended) {
  kirsch_provided before_graceful{};
  before_graceful.size = offsetof(kirsch_provided, graceful);
  before_graceful.handle = [](void*, kirsch_exchange*) -> std::uint32_t { return 0; };
  before_graceful.graceful = [](void*, kirsch_error*) { return 0; };
  before_graceful.service = &before_graceful;
  const kirsch_provided* const table[] = {&before_graceful};
  kirsch_module_entry entry{};
  entry.provided = table;
  entry.provided_count = 1;
  const auto provided = provided_by(entry);
  ASSERT_EQ(provided.size(), 1u);
  EXPECT_EQ(provided[0].handle, before_graceful.handle);
  EXPECT_EQ(provided[0].graceful, nullptr);
  EXPECT_EQ(provided[0].service, nullptr);
}

TEST_F(ModuleTest, is_unloaded_when_init_refuses_and_deinit_is_not_called) {
  const base::Diagnostic diagnostic = refusal("init_failure", {});
  EXPECT_EQ(diagnostic.code, "M213");
  EXPECT_EQ(diagnostic.message, "module 'init_failure' refused to start: the moon is full");
  EXPECT_THAT(events, ElementsAre("init_failure init"));
}

TEST_F(ModuleTest, is_unloaded_when_an_exception_escapes_from_init) {
  const base::Diagnostic diagnostic = refusal("throwing_init", {});
  EXPECT_EQ(diagnostic.code, "M213");
  EXPECT_EQ(diagnostic.message, "module 'throwing_init' refused to start: it let an exception escape: no such luck");
  EXPECT_THAT(events, ElementsAre("throwing_init init"));
}

TEST_F(ModuleTest, is_to_blame_when_an_exception_escapes_from_create) {
  const auto module = load("throwing_create");
  try {
    const Instance instance(module, 0, options_);
    FAIL() << "an instance was made";
  } catch (const base::Refusal& refused) {
    EXPECT_EQ(refused.exit_code(), base::ExitCode::module_refused);
    EXPECT_THAT(refused.what(), HasSubstr("could not be made: it let an exception escape: no such luck"));
  }
}

TEST_F(ModuleTest, blames_the_configuration_where_it_names_an_option) {
  const auto module = load("option_failure");
  try {
    const Instance instance(module, 0, options_, [](std::string_view option) {
      return base::Position{std::string(option), 7, 3, 1};
    });
    FAIL() << "an instance was made";
  } catch (const base::Refusal& refused) {
    EXPECT_EQ(refused.exit_code(), base::ExitCode::configuration);
    EXPECT_THAT(refused.what(), HasSubstr("refused its option 'size': too small"));
    EXPECT_EQ(refused.diagnostics().front().position->file, "size") << "the place of that option";
  }
}

TEST_F(ModuleTest, says_why_an_instance_was_not_made_and_where_it_was_asked_for) {
  auto module = load("create_failure");
  try {
    const Instance instance(module, 0, options_, [](std::string_view) {
      return base::Position{"kirsch.yaml", 7, 3, 1};
    });
    FAIL() << "an instance was made";
  } catch (const base::Refusal& refused) {
    const base::Diagnostic& diagnostic = refused.diagnostics().front();
    EXPECT_EQ(diagnostic.code, "M214");
    EXPECT_THAT(diagnostic.message, AllOf(HasSubstr("tool 'create_failure'"),
                                          HasSubstr("could not be made: these options do not go together")));
    EXPECT_EQ(diagnostic.position->line, 7u);
    EXPECT_EQ(diagnostic.exit_code, base::ExitCode::module_refused) << "no option is at fault";
  }
  module.reset();
  EXPECT_THAT(events, ElementsAre("create_failure init", "create_failure create", "create_failure deinit"));
}

}  // namespace
}  // namespace kirsch::loader
