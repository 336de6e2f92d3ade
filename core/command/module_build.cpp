// What an object was made of stands in the compiler's own list beside it.
#include "command/module_build.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <fstream>
#include <iostream>
#include <thread>

#include "command/dependencies.h"
#include "command/json.h"
#include "command/modules.h"
#include "command/terminal.h"
#include "server/spawn_child.h"

namespace kirsch::command {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds clock_of_files{10};  // may be so much behind: a tick of the kernel

struct Step {
  Words command;
  fs::path result;
};

std::string lines_of(const Words& command) {
  std::string text;
  for (const auto& word : command) text += word + '\n';
  return text;
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

// Where it is made: a compiler that outlives its kirsch, or is killed with it, leaves what was made before alone.
fs::path draft_of(const fs::path& result) { return result.string() + '.' + std::to_string(::getpid()) + '~'; }
fs::path list_of(const fs::path& object) { return object.string() + ".d"; }

Words drafted(const Step& step) {
  Words command = step.command;
  const auto draft = draft_of(step.result);
  std::ranges::replace(command, step.result.string(), draft.string());
  std::ranges::replace(command, list_of(step.result).string(), list_of(draft).string());
  return command;
}

// Whether a process of that file's name is making it.
bool is_being_made(std::string_view ending) {
  pid_t process = 0;
  const auto parsed = std::from_chars(ending.data(), ending.data() + ending.size(), process);
  const std::string_view rest(parsed.ptr, static_cast<std::size_t>(ending.data() + ending.size() - parsed.ptr));
  return parsed.ec != std::errc() || !rest.starts_with('~') || (process != ::getpid() && ::kill(process, 0) == 0);
}

// What processes have left that are gone.
void sweep_drafts(const fs::path& result) {
  const auto start = result.filename().string() + '.';
  std::error_code error;
  for (auto entry = fs::directory_iterator(result.parent_path(), error); entry != fs::end(entry);
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (name.starts_with(start) && !is_being_made(std::string_view(name).substr(start.size())))
      fs::remove(entry->path(), error);
  }
}

void finish(const Step& step, fs::file_time_type begin) {
  const auto draft = draft_of(step.result);
  fs::last_write_time(draft, begin);  // what is edited meanwhile is newer
  std::error_code error;              // what is linked has none
  fs::rename(list_of(draft), list_of(step.result), error);
  fs::rename(draft, step.result);
  std::ofstream(step.result.string() + ".command") << lines_of(step.command);
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
      running.push_back({server::Child(tools.coloured(drafted(*next)), {.errors_too = true}), &*next, begin});
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
      finish(*step, begin);
    }
    sweep_drafts(step->result);
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
  const auto add = [&](Part part, const fs::path& source) {
    const auto object = object_of(project, source, folder);
    json.open_object().field("directory", project.folder.string()).field("file", source.string());
    json.strings("arguments", tools.described(part, source, object)).close_object();
  };
  for (const auto& source : project.sources) add(Part::module, source);
  for (const auto& source : project.tests) add(Part::test, source);
  json.close_array();
  const auto file = project.build() / "compile_commands.json";
  if (contents_of(file) != json.text()) std::ofstream(file) << json.text();
}

std::string plugins_text(const Project& project, const fs::path& folder) {
  std::string text;
  for (const auto& place : plugins_of(project, folder)) text += (text.empty() ? "" : ":") + place;
  return text;
}

// What compiles the sources of a part, and what is still to be done of it.
struct Objects {
  std::vector<Step> steps;
  Words files;
};

Objects objects_of(Part part, const Project& project, Toolchain& tools, const fs::path& folder) {
  tools.precompile(part, folder);
  Objects objects;
  for (const auto& source : part == Part::module ? project.sources : project.tests) {
    const auto object = object_of(project, source, folder);
    make_folder(object.parent_path());
    objects.files.push_back(object.string());
    Step step{tools.compile(part, source, object), object};
    if (part == Part::test) step.command.push_back("-DKIRSCH_TEST_PLUGINS=\"" + plugins_text(project, folder) + '"');
    if (!up_to_date(step, dependencies(list_of(object)))) objects.steps.push_back(std::move(step));
  }
  return objects;
}

// Beside its place: what a server has mapped is not written into.
void place(const fs::path& draft, const fs::path& file) {
  const auto placed = file.parent_path() / ('.' + file.filename().string());
  fs::copy_file(draft, placed, fs::copy_options::overwrite_existing);
  // A server refuses what others than its owner may write.
  fs::permissions(placed, fs::perms::group_write | fs::perms::others_write, fs::perm_options::remove);
  fs::rename(placed, file);
}

Build made(const Project& project, Toolchain& tools, const fs::path& folder, bool with_tests) {
  const auto begin = Clock::now();
  Build result;
  result.file = folder / "plugins" / (project.name + ".so");
  result.tests = folder / "tests" / project.name;
  make_folder(result.file.parent_path());
  make_folder(result.tests.parent_path());
  describe(project, tools, folder);
  auto module = objects_of(Part::module, project, tools, folder);
  const auto tests = with_tests ? objects_of(Part::test, project, tools, folder) : Objects{};
  module.steps.insert(module.steps.end(), tests.steps.begin(), tests.steps.end());
  const auto draft = folder / "objects" / (project.name + ".so");
  const Step link{tools.link_module(module.files, draft), draft};
  result.good = run(module.steps, tools, result.said);
  if (result.good) {
    std::vector<Step> links;
    std::error_code error;
    result.changed = !up_to_date(link, {module.files.begin(), module.files.end()}) || !fs::exists(result.file, error);
    if (result.changed) links.push_back(link);
    const Step program{with_tests ? tools.link_tests(tests.files, result.tests) : Words{}, result.tests};
    if (with_tests && !up_to_date(program, {tests.files.begin(), tests.files.end()})) links.push_back(program);
    result.good = run(links, tools, result.said);
    if (result.good && result.changed) place(draft, result.file);
  }
  result.time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  return result;
}

}  // namespace

Build build(const Project& project, Toolchain& tools, const fs::path& folder) {
  return made(project, tools, folder, false);
}

Build build_with_tests(const Project& project, Toolchain& tools, const fs::path& folder) {
  return made(project, tools, folder, true);
}

std::vector<std::string> plugins_of(const Project& project, const fs::path& folder) {
  std::vector<std::string> folders{(folder / "plugins").string()};
  for (const auto& directory : search({}).directories) folders.push_back(directory.string());
  make_folder(folder / "plugins");
  if (folders.size() == 1)
    throw project_refusal(
        "there is no plugins directory beside this binary, for " + project.name + " to be served with",
        "install the package kirsch-modules");
  return folders;
}

std::string seconds_text(std::chrono::milliseconds time) {
  const auto tenths = (time.count() + 50) / 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

base::ExitCode build_module() noexcept {
  return guarded([] {
    const auto project = Project::in(".");
    auto tools = Toolchain::find(Purpose::release);
    const auto made = build(project, tools, project.build());
    std::cerr << made.said << std::flush;
    if (!made.good) return base::ExitCode::module_refused;
    const auto file = made.file.lexically_relative(project.folder).string();
    std::cout << file << (made.changed ? ": built in " + seconds_text(made.time) : ": up to date") << '\n';
    return base::ExitCode::ok;
  });
}

}  // namespace kirsch::command
