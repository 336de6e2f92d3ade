// The program is GoogleTest's: its variables (GTEST_FILTER and others) are for authors to set.
#include "command/module_test.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "command/module_build.h"
#include "command/terminal.h"
#include "server/spawn_child.h"

namespace kirsch::command {
namespace {

using base::ExitCode;

// Only what fails, and the sum; coloured where people look.
Words environment() {
  Words variables;
  if (std::getenv("GTEST_BRIEF") == nullptr) variables.emplace_back("GTEST_BRIEF=1");
  const bool colours = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  if (std::getenv("GTEST_COLOR") == nullptr) variables.emplace_back(colours ? "GTEST_COLOR=yes" : "GTEST_COLOR=no");
  return variables;
}

ExitCode run(const Project& project, const std::filesystem::path& program) {
  std::filesystem::current_path(project.folder);  // relative paths of tests are its own
  server::Child child({program.string()}, {.environment = environment(), .errors_too = true});
  for (std::string said; child.read(said); said.clear()) std::cout << said << std::flush;
  const auto end = child.wait();
  if (end.by_signal) std::cerr << "the program of the tests " << end.text() << std::endl;
  return !end.by_signal && end.number == 0 ? ExitCode::ok : ExitCode::module_refused;
}

}  // namespace

ExitCode test_module(const std::filesystem::path& folder) noexcept {
  return guarded([&] {
    const auto project = Project::in(folder);
    if (project.tests.empty())
      throw project_refusal(project.name + " has no tests", "name them in CMakeLists.txt: kirsch_add_module(" +
                                                                project.name + " TESTS " + project.name + "_test.cpp)");
    auto tools = Toolchain::find(Purpose::development);
    tools.need_tests();
    const auto made = build_with_tests(project, tools, project.build());
    std::cerr << made.said << std::flush;
    return made.good ? run(project, made.tests) : ExitCode::module_refused;
  });
}

}  // namespace kirsch::command
