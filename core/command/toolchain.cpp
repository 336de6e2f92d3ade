// The flags of modules are those of KirschModule.cmake; tests are programs like any other.
#include "command/toolchain.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iterator>
#include <sstream>

#include "command/module_options.h"
#include "command/project.h"
#include "server/spawn_child.h"
#include "server/spawn_command.h"

namespace kirsch::command {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto patience = 120s;
constexpr std::size_t longest_answer = 64 * 1024;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

void append(Words& to, const Words& more) { to.insert(to.end(), more.begin(), more.end()); }

Words joined(Words words, const Words& more) {
  append(words, more);
  return words;
}

// The user's, for all modules; `otherwise` for users without one.
fs::path cache(const fs::path& otherwise) {
  if (const fs::path folder = variable("XDG_CACHE_HOME"); folder.is_absolute()) return folder / "kirsch";
  if (const fs::path home = variable("HOME"); home.is_absolute()) return home / ".cache" / "kirsch";
  return otherwise;
}

// The folder that holds bin/, as an installation or a build tree has it.
fs::path prefix() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
}

fs::path testing_library() { return prefix() / "lib/kirsch/libkirsch-testing.so"; }

}  // namespace

Words words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

Toolchain Toolchain::find(Purpose purpose) {
  Toolchain tools;
  tools.purpose_ = purpose;
  tools.colours_ = ::isatty(STDERR_FILENO) == 1 && variable("NO_COLOR").empty();
  tools.include_ = prefix() / "include";
  tools.exports_ = prefix() / "share/cmake/Kirsch/module.map";
  std::error_code error;
  for (const auto& file : {tools.include_ / "kirsch/module.h", tools.exports_}) {
    if (!fs::exists(file, error))
      throw project_refusal("the SDK is not there: no " + file.string(), "install the package kirsch-dev");
  }
  const auto wanted = words_of(variable("CXX"));
  for (const auto& command : wanted.empty() ? std::vector<Words>{{"g++"}, {"clang++"}} : std::vector<Words>{wanted}) {
    const auto answer = server::output_of(joined(command, {"--version"}), longest_answer, patience);
    if (!answer.failure.empty()) continue;
    tools.compiler_ = command;
    tools.version_ = answer.text;
    tools.clang_ = answer.text.find("clang") != std::string::npos;
    return tools;
  }
  if (!wanted.empty())
    throw project_refusal("the compiler of CXX does not answer: " + variable("CXX"),
                          "unset CXX, or let it name a compiler for C++20");
  throw project_refusal("there is no compiler: neither g++ nor clang++", "install the package g++");
}

Words Toolchain::common(Part part) const {
  Words words = compiler_;
  const bool module = part == Part::module;
  for (auto& word : words_of(module ? module_compile_options : "-std=c++20")) {
    if (!clang_ || word != "-fno-gnu-unique") words.push_back(std::move(word));
  }
  // Optimized code has lost most lines of a small handler for debuggers.
  append(words, {module && purpose_ == Purpose::release ? "-O2" : "-O0", "-g", "-Wall", "-Wextra"});
  if (purpose_ == Purpose::sanitizer) append(words, {"-fsanitize=address", "-fno-omit-frame-pointer"});
  return joined(words, words_of(variable("CXXFLAGS")));
}

// -isystem /usr/include would hide the compiler's own headers from those of the C library, which it searches anyway.
Words Toolchain::included() const {
  return include_ == "/usr/include" ? Words{} : Words{"-isystem", include_.string()};
}

// What a source includes first, as it must for GCC to find the compiled one.
void Toolchain::precompile(Part part, const fs::path& otherwise) {
  const std::string name = part == Part::module ? "kirsch/module.h" : "gtest/gtest.h";
  precompiled_[part] = precompiled({joined(common(part), included()), name, clang_, version_}, cache(otherwise));
}

Words Toolchain::described(Part part, const fs::path& source, const fs::path& object) const {
  return joined(joined(common(part), included()), {"-c", source.string(), "-o", object.string()});
}

Words Toolchain::compile(Part part, const fs::path& source, const fs::path& object) const {
  const auto found = precompiled_.find(part);
  Words words = joined(common(part), found == precompiled_.end() ? Words{} : found->second);
  append(words, included());
  const std::string dependencies = object.string() + ".d";
  append(words, {"-MD", "-MF", dependencies, "-c", source.string(), "-o", object.string()});
  return words;
}

Words Toolchain::link_module(const Words& objects, const fs::path& file) const {
  Words words = compiler_;
  words.emplace_back("-shared");
  append(words, words_of(module_link_options));
  words.push_back("-Wl,--version-script=" + exports_.string());
  if (purpose_ == Purpose::sanitizer)
    append(words, clang_ ? Words{"-fsanitize=address", "-shared-libasan"} : Words{"-fsanitize=address"});
  append(words, objects);
  append(words, {"-o", file.string()});
  append(words, words_of(variable("LDFLAGS")));
  return joined(words, words_of(variable("LDLIBS")));
}

Words Toolchain::link_tests(const Words& objects, const fs::path& file) const {
  const auto library = testing_library().parent_path().string();
  Words words = joined(compiler_, objects);
  append(words, {"-o", file.string(), "-L" + library, "-Wl,-rpath," + library, "-lkirsch-testing", "-lgtest_main"});
  if (has_library("libgmock.a")) words.emplace_back("-lgmock");
  append(words, {"-lgtest", "-pthread"});
  append(words, words_of(variable("LDFLAGS")));
  return joined(words, words_of(variable("LDLIBS")));
}

bool Toolchain::has_library(const std::string& name) const {
  const auto answer = server::output_of(joined(compiler_, {"-print-file-name=" + name}), longest_answer, patience);
  return answer.text.starts_with('/');  // else it is the name alone
}

void Toolchain::need_tests() const {
  std::error_code error;
  if (!fs::exists(testing_library(), error) || !fs::exists(include_ / "kirsch/testing.h", error))
    throw project_refusal("the library for tests is not there: no " + testing_library().string(),
                          "install the package kirsch-dev");
  if (!has_library("libgtest.a") || !has_library("libgtest_main.a"))
    throw project_refusal("GoogleTest is not there, with which tests of modules are written",
                          "install the package libgtest-dev");
}

Words Toolchain::coloured(Words command) const {
  if (colours_) command.emplace_back("-fdiagnostics-color=always");
  return command;
}

// The runtime must be there before the server, which was not built with it. Leaks of the whole process are not the
// module's, and a module that was unloaded has no names any more.
Words Toolchain::environment() const {
  if (purpose_ != Purpose::sanitizer) return {};
  const std::string name = clang_ ? "libclang_rt.asan-x86_64.so" : "libasan.so";
  const auto answer = server::output_of(joined(compiler_, {"-print-file-name=" + name}), longest_answer, patience);
  const auto runtime = answer.text.substr(0, answer.text.find('\n'));
  std::error_code error;
  if (!fs::path(runtime).is_absolute() || !fs::exists(runtime, error))
    throw project_refusal("the compiler has no " + name, "install its sanitizers, or choose another compiler with CXX");
  return {"LD_PRELOAD=" + fs::canonical(runtime).string(),
          "ASAN_OPTIONS=detect_leaks=0:strict_string_checks=1:detect_stack_use_after_return=1"};
}

}  // namespace kirsch::command
