// One line of CMake is read, so that a module is declared once, for CMake and for the verbs.
#include "command/project.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <vector>

namespace kirsch::command {
namespace {

namespace fs = std::filesystem;

// What stands in the parentheses of each kirsch_add_module; `code` has no comments.
std::vector<std::string> calls(std::string_view code) {
  constexpr std::string_view name = "kirsch_add_module", space = " \t\r\n";
  std::vector<std::string> found;
  for (auto at = code.find(name); at != code.npos; at = code.find(name, at + 1)) {
    if (at > 0 && space.find(code[at - 1]) == space.npos && code[at - 1] != ')') continue;
    const auto open = code.find_first_not_of(space, at + name.size());
    if (open == code.npos || code[open] != '(') continue;
    found.emplace_back(code.substr(open + 1, code.find(')', open) - open - 1));
  }
  return found;
}

std::string without_comments(const std::string& text) {
  std::istringstream lines(text);
  std::string code;
  for (std::string line; std::getline(lines, line);) code += line.substr(0, line.find('#')) + '\n';
  return code;
}

std::string declaration(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    throw project_refusal("there is no CMakeLists.txt in " + file.parent_path().string(),
                          "go to the folder of a module; kirsch module new NAME makes one");
  const auto found = calls(without_comments(contents_of(file)));
  if (found.empty())
    throw project_refusal(file.string() + " has no kirsch_add_module(NAME SOURCES …)",
                          "go to the folder of a module; kirsch module new NAME makes one");
  if (found.size() > 1) throw project_refusal(file.string() + " has several modules", "give each a folder of its own");
  return found.front();
}

[[noreturn]] void refuse_for_cmake(const std::string& what) {
  throw project_refusal("only CMake can find " + what,
                        "build with it: cmake -B build && cmake --build build; or name what is linked: LDLIBS=-l… "
                        "(and CXXFLAGS=-I… where needed)");
}

}  // namespace

void make_folder(const fs::path& folder) {
  if (folder.empty() || fs::is_directory(folder)) return;
  make_folder(folder.parent_path());
  if (fs::create_directory(folder))
    fs::permissions(folder, fs::perms::group_write | fs::perms::others_write, fs::perm_options::remove);
}

std::string contents_of(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

base::Refusal project_refusal(std::string message, std::string help) {
  return base::Refusal(base::Diagnostic{
      .code = "P030", .message = std::move(message), .help = std::move(help), .exit_code = base::ExitCode::usage});
}

Project Project::in(const fs::path& folder) {
  Project project{fs::canonical(folder), {}, {}, {}};
  std::istringstream words(declaration(project.folder / "CMakeLists.txt"));
  words >> project.name;
  std::string keyword;
  for (std::string word; words >> word;) {
    if (word == "SOURCES" || word == "TESTS" || word == "PACKAGES" || word == "OUTPUT_DIRECTORY") {
      keyword = word;
    } else if (keyword == "SOURCES" || keyword == "TESTS") {
      if (word.find_first_of("$\"") != std::string::npos) refuse_for_cmake("the sources " + word);
      (keyword == "SOURCES" ? project.sources : project.tests).emplace_back(project.folder / word);
    } else if (keyword == "PACKAGES" && std::getenv("LDLIBS") == nullptr) {
      refuse_for_cmake("the package " + word);
    }
  }
  if (project.sources.empty()) project.sources.emplace_back(project.folder / (project.name + ".cpp"));
  return project;
}

}  // namespace kirsch::command
