// What an object was made of stands in the compiler's own list beside it.
#include "command/module_build.h"

#include <algorithm>
#include <deque>
#include <fstream>
#include <iostream>
#include <thread>

#include "command/json.h"
#include "command/terminal.h"
#include "server/spawn_child.h"

namespace kirsch::command {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds clock_of_files{20};  // may be so much behind

struct Step {
  Words command;
  fs::path result;
};

std::string lines_of(const Words& command) {
  std::string text;
  for (const auto& word : command) text += word + '\n';
  return text;
}

// Of a rule of make, "object: file file \<newline> file": the files.
std::vector<fs::path> dependencies(const fs::path& rule) {
  std::vector<fs::path> files;
  const auto text = contents_of(rule);
  std::string word;
  for (std::size_t at = std::min(text.find(": "), text.size()); at < text.size(); ++at) {
    const char byte = text[at];
    if (byte == '\\' && at + 1 < text.size()) {
      if (text[++at] != '\n') word += text[at];
    } else if (byte == ' ' || byte == '\n') {
      if (!word.empty()) files.emplace_back(std::move(word));
      word.clear();
    } else if (byte != ':' || !word.empty()) {
      word += byte;
    }
  }
  return files;
}

bool up_to_date(const Step& step, const std::vector<fs::path>& files) {
  std::error_code error;
  const auto time = fs::last_write_time(step.result, error);
  if (error || files.empty() || contents_of(step.result.string() + ".command") != lines_of(step.command)) return false;
  return std::ranges::all_of(files, [&](const auto& file) {
    const auto changed = fs::last_write_time(file, error);
    return !error && changed < time;
  });
}

// Runs them, a few at a time; false at the first that fails, with the words of all that have begun.
bool run(const std::vector<Step>& steps, const Toolchain& tools, std::string& said) {
  const std::size_t most = std::max(1U, std::thread::hardware_concurrency());
  struct Running {
    server::Child child;
    const Step* step;
    fs::file_time_type begin;
  };
  std::deque<Running> running;
  bool good = true;
  auto next = steps.begin();
  while (!running.empty() || (good && next != steps.end())) {
    if (good && next != steps.end() && running.size() < most) {
      const auto begin = fs::file_time_type::clock::now() - clock_of_files;
      running.push_back({server::Child(tools.coloured(next->command), {.errors_too = true}), &*next, begin});
      ++next;
      continue;
    }
    auto& [child, step, begin] = running.front();
    while (child.read(said)) {
    }
    const auto end = child.wait();
    if (end.by_signal) said += step->command.front() + ' ' + end.text() + '\n';
    if (end.by_signal || end.number != 0) {
      good = false;
    } else {
      fs::last_write_time(step->result, begin);  // what is edited meanwhile is newer
      std::ofstream(step->result.string() + ".command") << lines_of(step->command);
    }
    running.pop_front();
  }
  return good;
}

fs::path object_of(const Project& project, const fs::path& source, const fs::path& folder) {
  std::string name = source.lexically_relative(project.folder).string();
  for (auto at = name.find(".."); at != std::string::npos; at = name.find("..")) name.replace(at, 2, "__");
  return folder / "objects" / (name + ".o");
}

// For editors, where they look.
void describe(const Project& project, const Toolchain& tools, const fs::path& folder) {
  JsonWriter json;
  json.open_array();
  for (const auto& source : project.sources) {
    const auto object = object_of(project, source, folder);
    json.open_object().field("directory", project.folder.string()).field("file", source.string());
    json.strings("arguments", tools.described(source, object)).close_object();
  }
  json.close_array();
  const auto file = project.build() / "compile_commands.json";
  if (contents_of(file) != json.text()) std::ofstream(file) << json.text();
}

}  // namespace

Build build(const Project& project, Toolchain& tools, const fs::path& folder) {
  const auto begin = Clock::now();
  Build result;
  result.file = folder / "plugins" / (project.name + ".so");
  fs::create_directories(result.file.parent_path());
  tools.precompile_headers(folder);
  describe(project, tools, folder);
  std::vector<Step> steps;
  Words objects;
  for (const auto& source : project.sources) {
    const auto object = object_of(project, source, folder);
    fs::create_directories(object.parent_path());
    objects.push_back(object.string());
    Step step{tools.compile(source, object), object};
    if (!up_to_date(step, dependencies(object.string() + ".d"))) steps.push_back(std::move(step));
  }
  // Beside its place: what a server has mapped is not written into.
  const auto draft = folder / "objects" / (project.name + ".so");
  const Step link{tools.link_module(objects, draft), draft};
  result.good = run(steps, tools, result.said);
  std::error_code error;
  if (result.good && (!up_to_date(link, {objects.begin(), objects.end()}) || !fs::exists(result.file, error))) {
    result.changed = true;
    result.good = run({link}, tools, result.said);
    if (result.good) {
      const auto placed = result.file.parent_path() / ('.' + project.name + ".so");
      fs::copy_file(draft, placed, fs::copy_options::overwrite_existing);
      // A server refuses what others than its owner may write.
      fs::permissions(placed, fs::perms::group_write | fs::perms::others_write, fs::perm_options::remove);
      fs::rename(placed, result.file);
    }
  }
  result.time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  return result;
}

std::string seconds_text(std::chrono::milliseconds time) {
  const auto tenths = (time.count() + 50) / 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

base::ExitCode build_module() noexcept {
  return guarded([] {
    const auto project = Project::in(".");
    auto tools = Toolchain::find(false);
    const auto made = build(project, tools, project.build());
    std::cerr << made.said << std::flush;
    if (!made.good) return base::ExitCode::module_refused;
    const auto file = made.file.lexically_relative(project.folder).string();
    std::cout << file << (made.changed ? ": built in " + seconds_text(made.time) : ": up to date") << '\n';
    return base::ExitCode::ok;
  });
}

}  // namespace kirsch::command
