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

std::optional<base::Diagnostic> probed(const std::string& name, Probe& probe) {
  const PluginsDirectory plugins, state;
  plugins.add(name);
  const Catalogue catalogue = plugins.scan();
  PrivateCopies copies(state.path());
  return probe.refusal(only_file(catalogue), copies.copy(only_file(catalogue)));
}

std::string misbehaviour(const std::string& name, Probe& probe) {
  const auto diagnostic = probed(name, probe);
  if (!diagnostic) return "nothing was found";
  EXPECT_EQ(diagnostic->code, "M210");
  EXPECT_EQ(diagnostic->exit_code, base::ExitCode::module_refused);
  EXPECT_THAT(diagnostic->help, AllOf(HasSubstr(name + ".so"), HasSubstr("the server is untouched")));
  return diagnostic->message;
}

class ProbeTest : public ::testing::Test {
 protected:
  Probe probe_;
};

TEST_F(ProbeTest, has_nothing_against_a_good_module) {
  const auto diagnostic = probed("good", probe_);
  EXPECT_FALSE(diagnostic) << diagnostic->message;
}

TEST_F(ProbeTest, works_while_other_threads_allocate) {
  std::atomic<bool> ended = false;
  std::vector<std::thread> threads;
  for (int count = 0; count < 4; ++count) {
    threads.emplace_back([&] {
      while (!ended.load()) std::make_unique<std::string>(100, 'x');
    });
  }
  for (int count = 0; count < 20; ++count) {
    Probe probe;
    EXPECT_FALSE(probed("good", probe));
  }
  ended = true;
  for (auto& thread : threads) thread.join();
}

TEST_F(ProbeTest, reports_what_a_static_constructor_threw) {
  EXPECT_EQ(misbehaviour("throwing", probe_),
            "module 'throwing' refused: it threw an exception while it was being loaded: no such luck");
}

TEST_F(ProbeTest, reports_the_signal_that_a_constructor_or_destructor_died_of) {
  EXPECT_EQ(misbehaviour("crashing", probe_),
            "module 'crashing' refused: it crashed while it was being loaded: Segmentation fault");
  EXPECT_EQ(misbehaviour("crashing_later", probe_),
            "module 'crashing_later' refused: it crashed while it was being unloaded: Segmentation fault");
}

TEST_F(ProbeTest, reports_a_constructor_that_ends_the_process) {
  EXPECT_EQ(misbehaviour("exiting", probe_),
            "module 'exiting' refused: it ended the process while it was being loaded (exit code 7)");
}

TEST_F(ProbeTest, reports_a_thread_that_a_constructor_started) {
  EXPECT_THAT(misbehaviour("threaded", probe_), HasSubstr("started a thread while it was being loaded"));
}

TEST_F(ProbeTest, does_not_wait_for_ever) {
  Probe probe(std::chrono::seconds(2));
  EXPECT_EQ(misbehaviour("hanging", probe),
            "module 'hanging' refused: it did not finish while it was being loaded within 2000 ms");
}

TEST_F(ProbeTest, judges_each_module_for_itself) {
  EXPECT_FALSE(probed("good", probe_));
  EXPECT_THAT(misbehaviour("crashing", probe_), HasSubstr("module 'crashing' refused: it crashed"));
  EXPECT_THAT(misbehaviour("threaded", probe_), HasSubstr("module 'threaded' refused: it started a thread"));
  EXPECT_FALSE(probed("good", probe_));
}

TEST_F(ProbeTest, tries_the_next_after_one_that_took_the_child_along) {
  EXPECT_EQ(misbehaviour("killing", probe_), "module 'killing' refused: it crashed while it was being loaded: Killed");
  EXPECT_FALSE(probed("good", probe_));
}

TEST_F(ProbeTest, names_an_undefined_symbol_and_the_operators_file) {
  const auto diagnostic = probed("undefined_symbol", probe_);
  ASSERT_TRUE(diagnostic);
  EXPECT_EQ(diagnostic->code, "M211");
  EXPECT_THAT(diagnostic->message,
              AllOf(HasSubstr("undefined_symbol.so: undefined symbol: kirsch_test_nobody_defines_this"),
                    ::testing::Not(HasSubstr("/proc/"))));
}

}  // namespace
}  // namespace kirsch::loader
