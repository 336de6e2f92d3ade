// The precompiled header of GCC lies in a folder that is searched before the SDK's, so a source that forgets its
// include fails as it does in any other build.
#include "command/toolchain.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
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

// FNV-1a, for a name that is the same in each run.
std::string number_of(const Words& words) {
  std::uint64_t number = 14695981039346656037U;
  for (const auto& word : words) {
    for (const char letter : word + '\n') number = (number ^ static_cast<unsigned char>(letter)) * 1099511628211U;
  }
  std::ostringstream text;
  text << std::hex << number;
  return text.str();
}

fs::path cache(const fs::path& otherwise) {
  if (const auto folder = variable("XDG_CACHE_HOME"); folder.starts_with('/')) return fs::path(folder) / "kirsch";
  if (const auto home = variable("HOME"); home.starts_with('/')) return fs::path(home) / ".cache" / "kirsch";
  return otherwise;
}

// The folder that holds bin/, as an installation or a build tree has it.
fs::path prefix() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
}

}  // namespace

Words words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

Toolchain Toolchain::find(bool sanitized) {
  Toolchain tools;
  tools.sanitized_ = sanitized;
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

Words Toolchain::common() const {
  Words words = compiler_;
  for (auto& word : words_of(module_compile_options)) {
    if (!clang_ || word != "-fno-gnu-unique") words.push_back(std::move(word));
  }
  append(words, {"-O2", "-g", "-Wall", "-Wextra"});
  if (sanitized_) append(words, {"-fsanitize=address", "-fno-omit-frame-pointer"});
  return joined(words, words_of(variable("CXXFLAGS")));
}

// -isystem /usr/include would hide the compiler's own headers from those of the C library, which it searches anyway.
Words Toolchain::header(const fs::path& file) const {
  Words words = common();
  if (include_ != "/usr/include") append(words, {"-isystem", include_.string()});
  return joined(words, {"-x", "c++-header", (include_ / "kirsch/module.h").string(), "-o", file.string()});
}

std::string Toolchain::state_of_headers() const {
  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(include_ / "kirsch")) {
    const auto time = entry.last_write_time().time_since_epoch().count();
    files.insert(entry.path().filename().string() + ' ' + std::to_string(entry.file_size()) + ' ' +
                 std::to_string(time) + '\n');
  }
  std::string text = version_;
  for (const auto& file : files) text += file;
  return text;
}

void Toolchain::precompile_headers(const fs::path& otherwise) {
  const fs::path folder = cache(otherwise) / ("headers-" + number_of(header(clang_ ? "module.pch" : "module.h.gch")));
  const fs::path made = folder / "kirsch" / (clang_ ? "module.pch" : "module.h.gch");
  const Words use = clang_ ? Words{"-include-pch", made.string()} : Words{"-isystem", folder.string()};
  std::error_code error;
  const auto state = state_of_headers();
  if (fs::exists(made, error) && contents_of(folder / "state") == state) {
    precompiled_ = use;
    return;
  }
  fs::create_directories(made.parent_path(), error);
  // Whoever does the same at this time makes a file of his own.
  const fs::path draft = made.string() + '.' + std::to_string(::getpid());
  try {
    server::Child child(header(draft), {.errors_too = true});
    std::string said;
    while (child.read(said)) {
    }
    const auto end = child.wait();
    if (end.by_signal || end.number != 0) {
      fs::remove(draft, error);
      return;
    }
    fs::rename(draft, made);
    std::ofstream(folder / "state") << state;
    precompiled_ = use;
  } catch (const std::system_error&) {  // without it everything works, but slower
    fs::remove(draft, error);
  }
}

Words Toolchain::described(const fs::path& source, const fs::path& object) const {
  Words words = common();
  if (include_ != "/usr/include") append(words, {"-isystem", include_.string()});
  return joined(words, {"-c", source.string(), "-o", object.string()});
}

Words Toolchain::compile(const fs::path& source, const fs::path& object) const {
  Words words = joined(common(), precompiled_);
  if (include_ != "/usr/include") append(words, {"-isystem", include_.string()});
  const std::string dependencies = object.string() + ".d";
  append(words, {"-MD", "-MF", dependencies, "-c", source.string(), "-o", object.string()});
  return words;
}

Words Toolchain::link_module(const Words& objects, const fs::path& file) const {
  Words words = compiler_;
  words.emplace_back("-shared");
  append(words, words_of(module_link_options));
  words.push_back("-Wl,--version-script=" + exports_.string());
  if (sanitized_) append(words, clang_ ? Words{"-fsanitize=address", "-shared-libasan"} : Words{"-fsanitize=address"});
  append(words, objects);
  append(words, {"-o", file.string()});
  append(words, words_of(variable("LDFLAGS")));
  return joined(words, words_of(variable("LDLIBS")));
}

Words Toolchain::coloured(Words command) const {
  if (colours_) command.emplace_back("-fdiagnostics-color=always");
  return command;
}

// The runtime must be there before the server, which was not built with it. Leaks of the whole process are not the
// module's, and a module that was unloaded has no names any more.
Words Toolchain::environment() const {
  if (!sanitized_) return {};
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
