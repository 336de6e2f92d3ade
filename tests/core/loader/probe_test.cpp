// The probe survives what would end the server, and says what it was.
#include "loader/probe.h"

#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "loader/private_copy.h"
#include "plugins_directory.h"

namespace kirsch::loader {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::optional<base::Diagnostic> probed(const std::string& name, const ProbeSettings& settings = {}) {
  const PluginsDirectory plugins, state;
  plugins.add(name);
  const Catalogue catalogue = plugins.scan();
  PrivateCopies copies(state.path());
  return probe(only_file(catalogue), copies.copy(only_file(catalogue)), settings);
}

std::string misbehaviour(const std::string& name, const ProbeSettings& settings = {}) {
  const auto diagnostic = probed(name, settings);
  if (!diagnostic) return "nothing was found";
  EXPECT_EQ(diagnostic->code, "M210");
  EXPECT_EQ(diagnostic->exit_code, base::ExitCode::module_refused);
  EXPECT_THAT(diagnostic->help, AllOf(HasSubstr(name + ".so"), HasSubstr("the server is untouched")));
  return diagnostic->message;
}

TEST(Probe, has_nothing_against_a_good_module) {
  const auto diagnostic = probed("good");
  EXPECT_FALSE(diagnostic) << diagnostic->message;
}

TEST(Probe, works_while_other_threads_allocate) {
  std::atomic<bool> ended = false;
  std::vector<std::thread> threads;
  for (int count = 0; count < 4; ++count) {
    threads.emplace_back([&] {
      while (!ended.load()) std::make_unique<std::string>(100, 'x');
    });
  }
  for (int count = 0; count < 20; ++count) EXPECT_FALSE(probed("good"));
  ended = true;
  for (auto& thread : threads) thread.join();
}

TEST(Probe, reports_what_a_static_constructor_threw) {
  EXPECT_EQ(misbehaviour("throwing"),
            "module 'throwing' refused: it threw an exception while it was being loaded: no such luck");
}

TEST(Probe, reports_the_signal_that_a_constructor_or_destructor_died_of) {
  EXPECT_EQ(misbehaviour("crashing"),
            "module 'crashing' refused: it crashed while it was being loaded: Segmentation fault");
  EXPECT_EQ(misbehaviour("crashing_later"),
            "module 'crashing_later' refused: it crashed while it was being unloaded: Segmentation fault");
}

TEST(Probe, reports_a_constructor_that_ends_the_process) {
  EXPECT_EQ(misbehaviour("exiting"),
            "module 'exiting' refused: it ended the process while it was being loaded (exit code 7)");
}

TEST(Probe, reports_a_thread_that_a_constructor_started) {
  EXPECT_THAT(misbehaviour("threaded"), HasSubstr("started a thread while it was being loaded"));
}

TEST(Probe, does_not_wait_for_ever) {
  EXPECT_EQ(misbehaviour("hanging", {.limit = std::chrono::milliseconds(300)}),
            "module 'hanging' refused: it did not finish while it was being loaded within 300 ms");
}

TEST(Probe, names_an_undefined_symbol_and_the_operators_file) {
  const auto diagnostic = probed("undefined_symbol");
  ASSERT_TRUE(diagnostic);
  EXPECT_EQ(diagnostic->code, "M211");
  EXPECT_THAT(diagnostic->message,
              AllOf(HasSubstr("undefined_symbol.so: undefined symbol: kirsch_test_nobody_defines_this"),
                    ::testing::Not(HasSubstr("/proc/"))));
}

}  // namespace
}  // namespace kirsch::loader
