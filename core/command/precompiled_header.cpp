// A folder for each command and header: `files`, the compiler's list of what was included; `state`, how these were; and
// what was made.
// GCC finds it in a folder that is searched before the SDK's, so a source that forgets its include fails as it does in
// any other build.
#include "command/precompiled_header.h"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <system_error>

#include "command/dependencies.h"
#include "command/project.h"
#include "server/spawn_child.h"

namespace kirsch::command {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kept_unused = 24h * 30;
constexpr auto kept_unfinished = 1h;  // whoever makes it is done by then, or dead

// FNV-1a, for a name that is the same in each run.
std::string number_of(Words words, const std::string& name) {
  words.push_back(name);
  std::uint64_t number = 14695981039346656037U;
  for (const auto& word : words) {
    for (const char letter : word + '\n') number = (number ^ static_cast<unsigned char>(letter)) * 1099511628211U;
  }
  std::ostringstream text;
  text << std::hex << number;
  return text.str();
}

// Sizes and times of what was included. Packages bring files that are older than what was made of those of before.
std::string state_of_files(const fs::path& folder) {
  std::ostringstream text;
  for (const auto& file : dependencies(folder / "files")) {
    std::error_code error;
    text << fs::file_size(file, error) << ' ' << fs::last_write_time(file, error).time_since_epoch().count() << '\n';
  }
  return text.str();
}

bool is_older(const fs::path& file, std::chrono::seconds age) {
  std::error_code error;
  const auto time = fs::last_write_time(file, error);
  return !error && time < fs::file_time_type::clock::now() - age;
}

void sweep(const fs::path& cache) {
  std::error_code error;
  for (auto entry = fs::directory_iterator(cache, error); entry != fs::end(entry); entry.increment(error)) {
    const auto& folder = entry->path();
    if (!folder.filename().string().starts_with("headers-")) continue;
    const bool finished = fs::exists(folder / "state", error);
    const bool useless = finished ? !contents_of(folder / "state").ends_with('\n' + state_of_files(folder)) ||
                                        is_older(folder / "state", kept_unused)
                                  : is_older(folder, kept_unfinished);
    if (useless) fs::remove_all(folder, error);
  }
}

// In a folder of its own, since somebody else may do the same at this time.
bool make(const Header& header, const fs::path& folder, const fs::path& made) {
  const fs::path draft = folder.string() + '.' + std::to_string(::getpid());
  std::error_code error;
  fs::create_directories(draft, error);
  fs::create_directories(folder, error);
  // Stays, and is as it was: clang looks at it whenever it uses what was made of it.
  const fs::path source = folder / "source.h";
  const std::string text = "#include <" + header.name + ">\n";
  if (contents_of(source) != text) std::ofstream(source) << text;
  Words command = header.command;
  for (const auto& word : Words{"-x", "c++-header", source, "-o", draft / "header", "-MD", "-MF", draft / "files"})
    command.push_back(word);
  bool good = false;
  try {
    server::Child child(command, {.errors_too = true});
    std::string said;
    while (child.read(said)) {
    }
    const auto end = child.wait();
    good = !end.by_signal && end.number == 0;
  } catch (const std::system_error&) {  // nothing is made
  }
  if (good) {
    std::ofstream(draft / "state") << header.state << '\n' << state_of_files(draft);
    fs::create_directories(made.parent_path(), error);
    // Behind other code, or a second time, GCC cannot use it, and looks for the header itself where that was found.
    if (!header.clang) std::ofstream(folder / header.name) << "#include_next <" << header.name << ">\n";
    fs::rename(draft / "header", made, error);
    for (const auto* name : {"files", "state"}) fs::rename(draft / name, folder / name, error);
    good = !error;
  }
  fs::remove_all(draft, error);
  return good;
}

}  // namespace

Words precompiled(const Header& header, const fs::path& cache) {
  const fs::path folder = cache / ("headers-" + number_of(header.command, header.name));
  const fs::path made = folder / (header.name + (header.clang ? ".pch" : ".gch"));
  const Words use = header.clang ? Words{"-include-pch", made.string()} : Words{"-isystem", folder.string()};
  std::error_code error;
  const auto state = folder / "state";
  if (fs::exists(made, error) && contents_of(state) == header.state + '\n' + state_of_files(folder)) {
    fs::last_write_time(state, fs::file_time_type::clock::now(), error);
    return use;
  }
  const bool good = make(header, folder, made);
  sweep(cache);
  return good ? use : Words{};
}

}  // namespace kirsch::command
